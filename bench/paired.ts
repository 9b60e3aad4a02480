/**
 * Measures our work against a peer's: ours, peer, ours, peer …, so that what else the machine does falls on both; medians,
 * ratio = ours / peer. A peer is a Python script that stays alive and answers a line of JSON with a line of JSON
 * (bench/peers/peer.py is its side), so that loading data is not timed, or any command (`execFile` in `peer`).
 *
 *   const { values, positionals } = parseArgs({ allowPositionals: true, options: { ...pairedOptions, shape: { type: "string" } } });
 *   const peer = await startPeer({ python: values.python, script: new URL("x.py", import.meta.url), arguments: [file] });
 *   const results = [await runPairs({ name: "fit k=64", pairs: Number(values.pairs),
 *     ours: () => seconds(() => fit()), peer: () => peer.request({ do: "fit" }, answer).then((a) => a.seconds) })];
 *   await peer.close();
 *   finish(results, values.json);
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { z } from "zod";

/** For `parseArgs`: every peer benchmark takes these. */
export const pairedOptions = {
  python: { type: "string", default: "python3" },
  pairs: { type: "string", default: "5" },
  threads: { type: "string", default: "2" },
  json: { type: "string" },
} as const;

export interface Pairs {
  readonly name: string;
  readonly pairs: number;
  /** The unit of what `ours` and `peer` return. Default "s". */
  readonly unit?: string;
  /** Does the work once and returns what it took (seconds, or bytes, or an error measure: whatever is compared). */
  readonly ours: () => number | Promise<number>;
  readonly peer: () => number | Promise<number>;
  /** Pairs before the first that counts, for code to be compiled and caches to fill. Default 1. */
  readonly warmUp?: number;
}

export interface PairedResult {
  readonly name: string;
  readonly unit: string;
  /** Medians. */
  readonly ours: number;
  readonly peer: number;
  /** ours / peer of the medians. */
  readonly ratio: number;
  /** Smallest and largest ratio of a single pair. */
  readonly spread: readonly [number, number];
  readonly oursRuns: readonly number[];
  readonly peerRuns: readonly number[];
}

/** Runs the pairs one after the other and prints their medians and ratio. */
export async function runPairs({ name, pairs, unit = "s", ours, peer, warmUp = 1 }: Pairs): Promise<PairedResult> {
  const oursRuns: number[] = [];
  const peerRuns: number[] = [];
  for (let run = -warmUp; run < Math.max(1, pairs); run++) {
    const mine = await ours();
    const other = await peer();
    if (run < 0) continue;
    oursRuns.push(mine);
    peerRuns.push(other);
  }
  return paired(name, unit, oursRuns, peerRuns);
}

/** The result of pairs that were measured already (many figures from one run, say), printed. */
export function paired(
  name: string,
  unit: string,
  oursRuns: readonly number[],
  peerRuns: readonly number[],
): PairedResult {
  const ratios = oursRuns.map((mine, run) => mine / (peerRuns[run] ?? NaN));
  const [ours, peer] = [median(oursRuns), median(peerRuns)];
  const spread = [Math.min(...ratios), Math.max(...ratios)] as const;
  const result = { name, unit, ours, peer, ratio: ours / peer, spread, oursRuns, peerRuns };
  console.log(
    `${name.padEnd(28)} ours ${figure(ours)} ${unit}  peer ${figure(peer)} ${unit}  ratio ${figure(result.ratio)}` +
      `  (pairs ${figure(spread[0])} … ${figure(spread[1])}, n=${String(ratios.length)})`,
  );
  return result;
}

/** Writes the results where `--json` says, with what they were measured on. */
export function finish(results: readonly PairedResult[], json: string | undefined): void {
  if (json === undefined) return;
  const [script = "", ...given] = process.argv.slice(1);
  const command = [basename(script), ...given];
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
  writeFileSync(json, `${JSON.stringify({ machine, command, results }, null, 2)}\n`);
}

/** Seconds that the work took by the clock. */
export async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Four significant digits. */
export function figure(value: number): string {
  return Math.abs(value) >= 10_000 ? value.toFixed(0) : value.toPrecision(4);
}

export interface Peer {
  /** Sends one line of JSON and parses the line that answers it. Rejects when the peer dies or answers {"error": …}. */
  request<T>(message: unknown, answer: z.ZodType<T>): Promise<T>;
  /** Ends the peer's input and waits for it to leave. */
  close(): Promise<void>;
}

/** Starts a Python peer and waits for its first line ({"ready": true, …}), so that its loading is not in any time. */
export async function startPeer(options: {
  readonly python: string;
  readonly script: URL;
  readonly arguments?: readonly string[];
  /** Beside this process's own; threads of BLAS and OpenMP are 2 unless said here. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Peer> {
  const threads = { OMP_NUM_THREADS: "2", OPENBLAS_NUM_THREADS: "2", MKL_NUM_THREADS: "2", NUMBA_NUM_THREADS: "2" };
  const child = spawn(options.python, [fileURLToPath(options.script), ...(options.arguments ?? [])], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...threads, ...options.env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`The peer ${options.script.pathname} ended with ${String(code)}.`)),
    );
  });
  ended.catch(() => undefined);
  const line = async (): Promise<unknown> => {
    const next = await Promise.race([lines.next(), ended.then(() => ({ done: true, value: "" }))]);
    if (next.done === true) await ended.then(() => Promise.reject(new Error("The peer left before it answered.")));
    return JSON.parse(String(next.value));
  };
  await line();
  return {
    request: async (message, answer) => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const given = await line();
      if (typeof given === "object" && given !== null && "error" in given)
        throw new Error(`Peer: ${String(given.error)}`);
      return answer.parse(given);
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
