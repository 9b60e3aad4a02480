import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenQuiet } from "./when-quiet.ts";

beforeEach(() => {
  vi.useFakeTimers();
  // A page that is never busy.
  vi.stubGlobal("requestIdleCallback", (work: () => void) => setTimeout(work, 0));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("waits until the engine has answered all that it was asked", async () => {
  const client = new QueryClient();
  let answer = (_runs: string[]): void => undefined;
  void client.query({ queryKey: ["runs.query", {}], queryFn: () => new Promise<string[]>((done) => (answer = done)) });
  let isQuiet = false;
  void whenQuiet(client).then(() => (isQuiet = true));
  await vi.advanceTimersByTimeAsync(5000);
  expect(isQuiet).toBe(false);
  answer([]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(isQuiet).toBe(true);
});

it("does not wait for what the desktop is asked in a quiet moment itself", async () => {
  const client = new QueryClient();
  const size = client.query({
    queryKey: ["desktop", "workspace-bytes", "/w"],
    queryFn: () => whenQuiet(client).then(() => 42),
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect(await size).toBe(42);
});
