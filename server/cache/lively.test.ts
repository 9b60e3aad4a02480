import pino from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepLively } from "./lively.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Connections that answer pings until they are told to go dead. */
function connections() {
  const made: { isReady: boolean; dead: boolean; destroyed: boolean; ping(): Promise<unknown>; destroy(): void }[] = [];
  const open = () => {
    const connection = {
      isReady: true,
      dead: false,
      destroyed: false,
      ping: () => (connection.dead ? new Promise<never>(() => undefined) : Promise.resolve("PONG")),
      destroy: () => {
        connection.destroyed = true;
      },
    };
    made.push(connection);
    return connection;
  };
  return { made, open };
}

test("a connection that goes dead without a word is given up for another; one that answers stays", async () => {
  const { made, open } = connections();
  let replaced = 0;
  const lively = keepLively(open, { logger: pino({ level: "silent" }), onReplaced: () => void replaced++ });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.length).toBe(1);
  const [first] = made;
  if (first !== undefined) first.dead = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(made.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  expect(lively.now()).toBe(made[1]);
  expect(replaced).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.length).toBe(2);
  lively.close();
  expect(made[1]?.destroyed).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.length).toBe(2);
});
