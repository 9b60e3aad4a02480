import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { explainSilence } from "../publish/reach-target.ts";
import { connectionFailure } from "./connection-failure.ts";
import { createProductionPool } from "./database.ts";

/** What Node really throws: its words are not ours to guess. */
const thrownBy = (host: string, port: number) =>
  new Promise<Error>((resolve) => void connect({ host, port }).once("error", resolve));

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a closed port is named, by the address and by a name that has two", async () => {
  const port = await closedPort();
  expect(connectionFailure(await thrownBy("127.0.0.1", port), "Redis")).toEqual({
    reason: `nothing listens at 127.0.0.1:${port}`,
    remedy: "Check host and port in the address, and that Redis is running there.",
  });
  expect(connectionFailure(await thrownBy("localhost", port), "Postgres")?.reason).toMatch(
    new RegExp(`^nothing listens at (127\\.0\\.0\\.1|::1):${port}$`),
  );
});

test("a name that nobody has is named", async () => {
  expect(connectionFailure(await thrownBy("no-such-machine.invalid", 5432), "Postgres")?.reason).toMatch(
    /no-such-machine\.invalid/,
  );
});

test("what is no failure of the connection is none", () => {
  expect(connectionFailure(new pg.DatabaseError("syntax error", 1, "error"), "Postgres")).toBeNull();
});

test("a port that takes connections and says nothing is told apart from one where nobody is", async () => {
  const silent = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const url = `postgres://somebody:hush@127.0.0.1:${port}/films`;
  const pool = createProductionPool({ url, applicationName: "test", connections: 1, connectTimeout: 300 });
  onTestFinished(() => pool.end());
  const error: unknown = await pool.query("select 1").catch((thrown: unknown) => thrown);
  expect(await explainSilence(error, url)).toMatchObject({
    code: "RB_TARGET_UNREACHABLE",
    message: `127.0.0.1:${port} takes connections, but says nothing: what runs there hangs, or is no Postgres.`,
  });
  const gone = `postgres://somebody:hush@127.0.0.1:${await closedPort()}/films`;
  expect(await explainSilence(error, gone)).toMatchObject({
    message: expect.stringMatching(/^There is no answer from 127\.0\.0\.1:\d+ at all\.$/) as string,
  });
});
