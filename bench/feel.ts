/**
 * How the workbench feels on a workspace with twenty-five million ratings and ten thousand runs: starts, tasks of the page's main
 * thread, answers to clicks and keys, also while a training runs, and memory. The workspace is made where it is not there.
 * `node bench/feel.ts --workspace DIRECTORY [--ratings FILE] [--parts start,screens,rows,training,memory] [--only WORDS]`, after
 * `npm run build`. `--parts make` makes the workspace and no more.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { movieLensShapes } from "../core/ratings/sample.ts";
import { chromiumPath, startInBrowser } from "../e2e/workbench/in-browser.ts";
import { temporaryFolder } from "../e2e/workbench/workbench.ts";
import { walkRound } from "./feel/memory.ts";
import { openEveryScreen, useCompare, useMap, useRows, useTrain } from "./feel/screens.ts";
import { sessionOn } from "./feel/session.ts";
import type { Measured, Session } from "./feel/session.ts";
import { startsInBrowser, startsOnDesktop } from "./feel/start.ts";
import { whileTraining } from "./feel/training.ts";
import { inSight, makeLargeWorkspace } from "./feel/workspace.ts";

const { values } = parseArgs({
  options: {
    workspace: { type: "string" },
    ratings: { type: "string" },
    shape: { type: "string", default: "ml-25m" },
    runs: { type: "string", default: "10000" },
    parts: { type: "string", default: "make,start,screens,rows,training,memory" },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "2" },
  },
});
const directory = values.workspace;
if (directory === undefined) throw new Error("Say where the workspace is, or is to be: --workspace DIRECTORY");
const parts = new Set(values.parts.split(","));
const wanted = new RegExp(values.only);
const lines: string[] = [];
const said = (what: string, figure: string, bar: string) => {
  console.log(`${what}: ${figure}`);
  lines.push(`| ${what} | ${figure} | ${bar} |`);
};

async function make(where: string): Promise<void> {
  const shape = Object.keys(movieLensShapes).find((name) => name === values.shape);
  if (shape === undefined) throw new Error(`There are the shapes ${Object.keys(movieLensShapes).join(", ")}.`);
  await makeLargeWorkspace(where, {
    ratings: values.ratings ?? null,
    shape: shape as keyof typeof movieLensShapes,
    runs: Number(values.runs),
  });
}

async function start(where: string): Promise<void> {
  for (const measured of [await startsInBrowser(where, 5), await startsOnDesktop(where, 5)]) {
    if (measured === null) continue;
    const sorted = [...measured.taken].sort((a, b) => a - b);
    const figure = `${milliseconds(sorted[Math.floor(sorted.length / 2)])}, at most ${milliseconds(sorted.at(-1))}`;
    said(`cold start until usable, ${measured.where}`, figure, "2,000 ms");
  }
}

function milliseconds(value: number | undefined): string {
  return `${Math.round(value ?? Number.NaN).toLocaleString("en")} ms`;
}

/** A browser of its own for each part, so that what one leaves is nothing to the next. */
async function inBrowser(where: string, work: (session: Session) => Promise<void>): Promise<void> {
  const files = temporaryFolder("bench-feel");
  const known = await inSight(where, files.path);
  const { page, close } = await startInBrowser(chromiumPath ?? "/usr/bin/chromium", where);
  page.setDefaultTimeout(60_000);
  const session = sessionOn(page, known);
  try {
    await page.locator("main h1", { hasText: "Home" }).waitFor();
    await work(session);
  } finally {
    await close();
    files.remove();
  }
}

function summed(what: string, measured: readonly Measured[]): void {
  const over = measured.filter(({ thread }) => thread.processor > 50);
  for (const { what: which, thread } of over) console.log(`  over: ${milliseconds(thread.processor)}  ${which}`);
  const most = measured.reduce((before, each) => (each.thread.processor > before.thread.processor ? each : before));
  said(`longest task, ${what}`, `${milliseconds(most.thread.processor)} (${most.what})`, "50 ms");
  const answers = measured
    .flatMap(({ what: which, thread }) => (thread.answer === null ? [] : [{ which, answer: thread.answer }]))
    .sort((a, b) => a.answer - b.answer);
  const slow = answers.at(-1);
  if (slow !== undefined) {
    const median = milliseconds(answers[Math.floor(answers.length / 2)]?.answer);
    said(
      `answers to ${String(answers.length)} clicks and keys, ${what}`,
      `median ${median}, at most ${milliseconds(slow.answer)} (${slow.which})`,
      "100 ms",
    );
  }
  const waits = measured.filter(({ there }) => there !== null);
  if (waits.length === 0) return;
  const late = waits.reduce((a, b) => ((b.there ?? 0) > (a.there ?? 0) ? b : a));
  said(`longest wait until all was there, ${what}`, `${milliseconds(late.there ?? 0)} (${late.what})`, "–");
}

const measurements: Readonly<Record<string, (session: Session) => Promise<void>>> = {
  screens: async (session) => {
    await openEveryScreen(session, wanted);
    for (const [name, use] of [
      ["compare, used", useCompare],
      ["train, used", useTrain],
      ["map, used", useMap],
    ] as const)
      if (wanted.test(name)) await use(session);
    summed("every screen", session.measured);
  },
  rows: async (session) => {
    await useRows(session);
    summed("the table of all ratings", session.measured);
  },
  training: async (session) => {
    const { busy } = await whileTraining(session);
    summed(`while a training runs (${String(Math.round(busy * 100))} % of all cores busy)`, session.measured);
  },
  memory: async (session) => {
    const rounds = await walkRound(session, Number(values.minutes));
    for (const { opened, heap, nodes, listeners } of rounds)
      console.log(
        `${String(opened)} screens: ${heap.toFixed(1)} MB, ${String(nodes)} nodes, ${String(listeners)} listeners`,
      );
    const [first, last] = [rounds[0], rounds.at(-1)];
    if (first === undefined || last === undefined) return;
    const figure = `${first.heap.toFixed(1)} MB after ${String(first.opened)} screens, ${last.heap.toFixed(1)} MB after ${String(last.opened)}`;
    said("heap of the page, garbage collected", figure, "flat");
  },
};

if (parts.has("make") || !existsSync(join(directory, "workspace.sqlite"))) await make(directory);
if (parts.has("start")) await start(directory);
for (const [name, work] of Object.entries(measurements)) if (parts.has(name)) await inBrowser(directory, work);
console.log(`\n| what | measured | bar |\n| --- | --- | --- |\n${lines.join("\n")}`);
console.log(`\nload ${loadavg()[0]?.toFixed(1) ?? ""}`);
