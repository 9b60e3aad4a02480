import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { zipSync } from "fflate";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchRatings } from "./demo/get-ratings.ts";
import { checkParity } from "./demo/parity.ts";
import { parseRating, parseSettings } from "./commands/models.ts";
import { createProgram, runCli } from "./program.ts";
import { findNamed } from "./short-id.ts";
import { formatTable } from "./table.ts";
import { recordedTerminal } from "./terminal.fixture.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-cli-"));
  // Ids with leading zeros and a title with a comma: as real files have them.
  const rows = Array.from({ length: 60 }, (_user, u) =>
    Array.from(
      { length: 12 },
      (_item, k) => `u${u},00${(u * 7 + k * 3) % 40},${1 + ((u + k) % 5)},${1_000_000_000 + u * 1000 + k}`,
    ),
  ).flat();
  mkdirSync(join(folder, "data"));
  writeFileSync(
    join(folder, "data", "ratings.csv"),
    `userId,movieId,rating,timestamp\n${rows.join("\n")}\nu1,001,not a number,5\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function reelbench(...args: string[]) {
  const terminal = recordedTerminal(folder, { REELBENCH_WORKSPACE: "ws" });
  const exitCode = await runCli(args, terminal);
  return { exitCode, output: terminal.output(), errors: terminal.errors() };
}
async function json(...args: string[]): Promise<unknown> {
  const { exitCode, output, errors } = await reelbench(...args, "--json");
  if (exitCode !== 0) throw new Error(errors);
  return JSON.parse(output);
}

describe("the main job, command by command", () => {
  test("import counts what it read, and shows what it could not read", async () => {
    expect(await json("import", "data/ratings.csv")).toMatchObject({
      read: 721,
      accepted: 720,
      rejected: 1,
      users: 60,
      items: 40,
    });
    const rejects = await reelbench("rejects");
    expect(rejects.output).toMatch(/722\s+rating-not-a-number\s+u1,001,not a number,5/);
  });

  test("snapshot, split and train take what is newest when nothing is named", async () => {
    const snapshot = (await json("snapshot", "--min-user", "5")) as { id: string };
    expect(snapshot).toMatchObject({ ratings: 720, users: 60 });
    const split = (await json("split", "--protocol", "random", "--test-share", "0.25", "--seed", "1")) as {
      id: string;
    };
    expect(split).toMatchObject({
      protocol: { protocol: "random", testShare: 0.25 },
      seed: 1,
      snapshotId: snapshot.id,
    });
    expect(await json("train", "--algorithm", "puresvd", "--set", "factors=4")).toMatchObject({
      state: "succeeded",
      splitId: split.id,
      hyperparameters: { factors: 4 },
    });
    expect(await json("train", "--algorithm", "popularity", "--split", split.id.slice(0, 6))).toMatchObject({
      state: "succeeded",
      algorithm: "popularity",
    });
  });

  test("compare, recommend, similar and fold-in answer in tables; ids keep their zeros", async () => {
    const compared = await reelbench("compare");
    expect(compared.output).toMatch(/Popularity \(baseline\)/);
    const runs = (await json("runs")) as { id: string; algorithm: string }[];
    const run = runs.find(({ algorithm }) => algorithm === "puresvd")?.id.slice(0, 8) ?? "";
    expect((await reelbench("recommend", run, "u7", "-n", "3")).output).toMatch(/00\d+\n/);
    expect(((await json("similar", run, "007")) as unknown[]).length).toBe(10);
    expect(((await json("fold-in", run, "007=5", "0012=1", "-n", "4")) as unknown[]).length).toBe(4);
    expect(await json("reproduce", run)).toMatchObject({ identical: true });
  });

  test("lists name everything that was made", async () => {
    for (const [command, count] of [
      ["sources", 1],
      ["snapshots", 1],
      ["splits", 1],
      ["runs", 2],
      ["targets", 1],
    ] as const) {
      expect(((await json(command)) as unknown[]).length).toBe(count);
    }
    const jobs = (await json("jobs")) as { kind: string; state: string }[];
    expect(jobs.map(({ kind, state }) => [kind, state])).toEqual([
      ["runs.reproduce", "succeeded"],
      ["runs.train", "succeeded"],
      ["runs.train", "succeeded"],
      ["splits.create", "succeeded"],
      ["snapshots.create", "succeeded"],
      ["sources.import", "succeeded"],
    ]);
  });
});

describe("what goes wrong", () => {
  test.each([
    [["import", "absent.csv"], 66, "RB_FILE_NOT_FOUND"],
    [["runs", "nope"], 66, "RB_NOT_FOUND"],
    [["train", "--algorithm", "nope"], 66, "RB_NOT_FOUND"],
    [["train", "--algorithm", "puresvd", "--set", "factors"], 64, "RB_INVALID_INPUT"],
    [["train", "--algorithm", "puresvd", "--set", "nonsense=1"], 64, "RB_INVALID_INPUT"],
    [["train", "--algorithm", "puresvd", "--half-life", "30"], 64, "RB_INVALID_INPUT"],
    [["train", "--algorithm", "ials", "--likes-from", "4", "--low-as-worst"], 64, "RB_INVALID_INPUT"],
    [["train", "--algorithm", "ials", "--low-as-worst"], 64, "RB_INVALID_INPUT"],
    [["publish", "--redis", "redis://x", "r"], 64, "RB_INVALID_INPUT"],
  ])("%j exits %i", async (args, exitCode, code) => {
    const result = await reelbench(...args);
    expect(result).toMatchObject({ exitCode, output: "" });
    expect(result.errors).toContain(`${code}: `);
    const scripted = await reelbench(...args, "--json");
    expect(scripted.exitCode).toBe(exitCode);
    expect(JSON.parse(scripted.output)).toMatchObject({ error: { code } });
  });

  test("a preview shows what is wrong and says by its exit code that the file cannot be imported", async () => {
    writeFileSync(join(folder, "data", "films.csv"), "movieId,title,genres\n1,Heat (1995),Crime\n2,Ran (1985),Drama\n");
    const refused = await reelbench("preview", "data/films.csv");
    expect(refused.exitCode).toBe(65);
    expect(refused.output).toContain("RB_IMPORT_");
    expect((await reelbench("preview", "data/ratings.csv")).exitCode).toBe(0);
  });

  test("a rollback to a named version is not taken for the question of the program's own", async () => {
    const asked = await reelbench("rollback", "--target", "nowhere", "--to", "biases-0123456789ab");
    expect(asked).toMatchObject({ exitCode: 66, output: "" });
    expect(asked.errors).toContain('no target "nowhere"');
  });

  test("no command's own option is one of the program's", () => {
    const program = createProgram({ terminal: recordedTerminal(folder), outcome: { exitCode: 0 } });
    const taken = new Set(program.options.flatMap(({ long, short }) => [long, short]));
    const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
    const clashes = program.commands
      .flatMap(all)
      .flatMap((command) => command.options.map(({ long }) => `${command.name()} ${long ?? ""}`))
      .filter((option) => taken.has(option.split(" ")[1]));
    expect(clashes).toEqual([]);
  });

  test("a share or folds that would have no effect are refused", async () => {
    for (const [args, reason] of [
      [["split", "--test-share", "0.3"], "--test-share goes with --protocol."],
      [["split", "--protocol", "random", "--folds", "4"], "--folds means nothing to the protocol random."],
    ] as const) {
      const { exitCode, errors } = await reelbench(...args);
      expect(exitCode).toBe(64);
      expect(errors).toContain(reason);
    }
  });

  test.each([[["train"]], [["nonsense"]], [["split", "--folds", "one"]], [["--threads", "0", "runs"]]])(
    "%j is a usage error",
    async (args) => {
      const { exitCode, errors } = await reelbench(...args);
      expect([exitCode, errors]).toEqual([64, expect.stringContaining("error:")]);
    },
  );

  test("help is no error", async () => {
    const { exitCode, output } = await reelbench("--help");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("Usage: reelbench")]);
  });
});

test("Ctrl-C cancels the job, exits 130, and the job can be resumed", { timeout: 120_000 }, async () => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    [main, "train", "--algorithm", "biased-svd", "--set", "epochs=500", "--workspace", "ws"],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    if (/epochs?\)|of 500/.test(text)) child.kill("SIGINT");
  });
  const exitCode = await new Promise((resolve) => child.once("exit", resolve));
  expect([exitCode, errors]).toEqual([130, expect.stringContaining("Cancelled")]);
  const [job] = (await json("jobs", "--state", "cancelled")) as { id: string; resumable: boolean }[];
  expect(job?.resumable).toBe(true);
  expect(await json("resume", job?.id ?? "")).toMatchObject({ id: job?.id, state: "succeeded" });
});

describe("parts", () => {
  test("ids may be short where they are unambiguous", () => {
    const all = [
      { id: "r12a", name: "one" },
      { id: "r12b", name: "two" },
      { id: "r3", name: "two" },
    ];
    expect(findNamed(all, "r3", "run").id).toBe("r3");
    expect(findNamed(all, "r12b", "run").id).toBe("r12b");
    expect(findNamed(all, "one", "run").id).toBe("r12a");
    expect(() => findNamed(all, "r12", "run")).toThrow(/r12a, r12b/);
    expect(() => findNamed(all, "two", "run")).toThrow(expect.objectContaining({ code: "RB_INVALID_INPUT" }));
    expect(() => findNamed(all, "", "run")).toThrow();
  });

  test("settings and ratings are read as written", () => {
    expect(parseSettings(["factors=64", "regularization=0.02", "biased=true", "mode=fast=er"])).toEqual({
      factors: 64,
      regularization: 0.02,
      biased: true,
      mode: "fast=er",
    });
    expect(parseRating("tt=0=4.5")).toEqual({ itemId: "tt=0", rating: 4.5 });
    for (const wrong of ["5", "=5", "x=", "x=y"])
      expect(() => parseRating(wrong)).toThrow(expect.objectContaining({ code: "RB_INVALID_INPUT" }));
  });

  test("numbers stand right, texts left, nothing is a dash", () => {
    const text = formatTable(
      [
        { a: "x", b: 1234 },
        { a: "longer", b: null },
      ],
      [
        { title: "a", value: ({ a }) => a },
        { title: "b", value: ({ b }) => b },
      ],
      "",
    );
    expect(text).toBe("a           b\n──────  ─────\nx       1,234\nlonger      –\n");
  });

  test("parity fails on another order, another item and another score", () => {
    const own = [
      { itemId: "a", score: 2 },
      { itemId: "b", score: 1 },
    ];
    expect(checkParity("x", own, own)).toEqual({ compared: 2, largestDifference: 0 });
    const wrong = [
      [own[1], own[0]],
      [own[0]],
      [own[0], { itemId: "b", score: 1.001 }],
      [own[0], { itemId: "c", score: 1 }],
      [own[0], { itemId: "b", score: Number.NaN }],
    ];
    for (const served of wrong)
      expect(() =>
        checkParity(
          "x",
          served.filter((item) => item !== undefined),
          own,
        ),
      ).toThrow(expect.objectContaining({ code: "RB_PUBLISH_PARITY" }));
  });
});

describe("fetching published ratings", () => {
  const saying = (text: string): unknown => expect.stringContaining(text);
  const entries = ["set/ratings.csv", "set/movies.csv"];
  const zip = zipSync({
    "set/ratings.csv": Buffer.from("a,b,c\n"),
    "set/movies.csv": Buffer.from("t\n"),
    "set/../../evil.txt": Buffer.from("evil"),
  });
  const sha256 = createHash("sha256").update(zip).digest("hex");

  async function withPublisher<T>(body: Uint8Array, status: number, work: (url: string) => Promise<T>): Promise<T> {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/set.zip`);
    } finally {
      server.close();
    }
  }
  const signal = new AbortController().signal;

  test("takes out only what is asked for", () =>
    withPublisher(zip, 200, async (url) => {
      const fetched = await fetchRatings({ name: "Set", url, sha256, entries }, join(folder, "fetched"), signal);
      expect(fetched).toEqual({ ratingsPath: join(folder, "fetched", "ratings.csv") });
      expect(await readFile(join(folder, "fetched", "ratings.csv"), "utf8")).toBe("a,b,c\n");
    }));

  test("another checksum, an error or nobody there: unavailable, and why", async () => {
    await withPublisher(Buffer.concat([zip, Buffer.from([0])]), 200, async (url) => {
      expect(await fetchRatings({ name: "Set", url, sha256, entries }, folder, signal)).toMatchObject({
        unavailable: saying("checksum"),
      });
    });
    await withPublisher(zip, 503, async (url) => {
      expect(await fetchRatings({ name: "Set", url, sha256, entries }, folder, signal)).toMatchObject({
        unavailable: saying("503"),
      });
    });
    expect(
      await fetchRatings({ name: "Set", url: "http://127.0.0.1:9/set.zip", sha256, entries }, folder, signal),
    ).toMatchObject({ unavailable: saying("not reachable") });
  });
});
