import { expect, test } from "vitest";
import type { HostMessage } from "../contract/engine-host.ts";
import { scriptedHost } from "./child.fixture.ts";
import { lendProcesses } from "./lend-processes.ts";

function lent() {
  const host = scriptedHost();
  const told: HostMessage[] = [];
  const lending = lendProcesses(host, ["server"], (message) => told.push(message));
  const fork = (child: number, entry: "server" | "trainer" | "publisher" = "server") =>
    lending.handle({ type: "fork", child, entry, args: ["--quiet"], env: { PORT: "0" } });
  return { host, told, lending, fork };
}

test("what is lent is started as asked, and its messages and end go back under its number", () => {
  const { host, told, lending, fork } = lent();
  fork(1);
  fork(2);
  expect(host.children).toMatchObject([
    { entry: "server", options: { args: ["--quiet"], env: { PORT: "0" } } },
    { entry: "server" },
  ]);
  lending.handle({ type: "child-send", child: 2, message: { type: "stop" } });
  expect(host.children.map(({ received }) => received)).toEqual([[], [{ type: "stop" }]]);
  host.children[0]?.say({ url: "http://127.0.0.1:1" });
  host.children[1]?.exit(0, "exit 0");
  expect(told).toEqual([
    { type: "child-message", child: 1, message: { url: "http://127.0.0.1:1" } },
    { type: "child-exit", child: 2, code: 0, reason: "exit 0" },
  ]);
});

test("nothing else is started, and a number only once", () => {
  const { host, told, fork } = lent();
  fork(1, "trainer");
  fork(2, "publisher");
  expect(told).toEqual([
    { type: "child-exit", child: 1, code: null, reason: 'no "trainer" is lent' },
    { type: "child-exit", child: 2, code: null, reason: 'no "publisher" is lent' },
  ]);
  fork(3);
  fork(3);
  expect(host.children.map(({ entry }) => entry)).toEqual(["server"]);
});

test("a child is killed when the borrower asks, all are when the borrower is gone; those that are not there are nobody", () => {
  const { host, told, lending, fork } = lent();
  for (const number of [1, 2, 3]) fork(number);
  lending.handle({ type: "child-kill", child: 2 });
  expect(host.children.map(({ killed }) => killed)).toEqual([false, true, false]);
  expect(told).toEqual([{ type: "child-exit", child: 2, code: null, reason: "SIGKILL" }]);
  lending.handle({ type: "child-send", child: 2, message: "late" });
  lending.handle({ type: "child-kill", child: 99 });
  expect(host.children[1]?.received).toEqual([]);
  lending.killAll();
  expect(host.children.map(({ killed }) => killed)).toEqual([true, true, true]);
});
