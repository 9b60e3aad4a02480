/**
 * What a page's main thread was busy with, from the browser's own trace: how long its longest task took on the clock, and how
 * much of that was processor time (on a machine that does other things the rest is waiting).
 */
import type { Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Processor time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface MainThread {
  /** Tasks over 50 ms. */
  readonly long: number;
  /** Milliseconds on the clock of the task that took longest so. */
  readonly clock: number;
  /** Milliseconds of processor time of the task that took most. */
  readonly processor: number;
  /** Of that task: what the browser did, by its own processor time, most first. */
  readonly parts: readonly (readonly [name: string, processor: number])[];
  /** Milliseconds from the slowest click or key to the picture that answers it; null: nothing was pressed. */
  readonly answer: number | null;
}

const taskName = /RunTask$/;
const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink"];

/** Does `action` and tells what the page's main thread did meanwhile. */
export async function mainThreadDuring(page: Page, action: () => Promise<void>): Promise<MainThread> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("The page has no browser of its own.");
  await page.evaluate(watchAnswers);
  await browser.startTracing(page, { categories });
  await action();
  const answer = await page.evaluate<number>("globalThis.slowestAnswer ?? 0");
  const trace = JSON.parse((await browser.stopTracing()).toString("utf8")) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  return { ...mainThreadOf(trace.traceEvents), answer: answer === 0 ? null : answer };
}

/** As the measure "interaction to next paint" counts them: in steps of 8 ms, from 16 ms. */
const watchAnswers = `{
  globalThis.slowestAnswer = 0;
  globalThis.answers?.disconnect();
  globalThis.answers = new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries())
      if (interactionId > 0) globalThis.slowestAnswer = Math.max(globalThis.slowestAnswer, duration);
  });
  globalThis.answers.observe({ type: "event", durationThreshold: 16 });
}`;

/** Every renderer has such a thread; the page's is the one that worked most. */
function mainThreadOf(events: readonly TraceEvent[]): Omit<MainThread, "answer"> {
  const threads = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const busiest = threads
    .map(({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid && event.ph === "X"))
    .map((own) => ({ own, tasks: own.filter(({ name }) => taskName.test(name)) }))
    .sort((a, b) => sum(b.tasks) - sum(a.tasks))[0];
  if (busiest === undefined || busiest.tasks.length === 0) throw new Error("The trace holds no main thread.");
  const most = busiest.tasks.reduce((before, task) => ((task.tdur ?? 0) > (before.tdur ?? 0) ? task : before));
  return {
    long: busiest.tasks.filter(({ dur = 0 }) => dur > 50_000).length,
    clock: Math.max(...busiest.tasks.map(({ dur = 0 }) => dur)) / 1000,
    processor: (most.tdur ?? 0) / 1000,
    parts: partsOf(most, busiest.own),
  };
}

const sum = (tasks: readonly TraceEvent[]) => tasks.reduce((total, { dur = 0 }) => total + dur, 0);

/** Processor time of each kind of event within a task, without that of the events within those. */
function partsOf(task: TraceEvent, own: readonly TraceEvent[]): readonly (readonly [string, number])[] {
  const end = task.ts + (task.dur ?? 0);
  const within = own
    .filter(({ ts, dur = 0 }) => ts >= task.ts && ts + dur <= end)
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const totals = new Map<string, number>();
  const open: TraceEvent[] = [];
  const add = (name: string, microseconds: number) => totals.set(name, (totals.get(name) ?? 0) + microseconds / 1000);
  for (const event of within) {
    while (open.length > 0 && event.ts >= (open.at(-1)?.ts ?? 0) + (open.at(-1)?.dur ?? 0)) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) add(outer.name, -(event.tdur ?? 0));
    add(event.name, event.tdur ?? 0);
    open.push(event);
  }
  return [...totals].filter(([, spent]) => spent >= 1).sort((a, b) => b[1] - a[1]);
}

export function told(what: string, { long, clock, processor, parts, answer }: MainThread): string {
  const named = parts.slice(0, 4).map(([name, spent]) => `${name} ${spent.toFixed(0)}`);
  return (
    `${what}: ${String(long)} tasks over 50 ms; longest ${clock.toFixed(0)} ms on the clock; ` +
    `most processor time ${processor.toFixed(0)} ms (${named.join(", ")})` +
    (answer === null ? "" : `; slowest answer ${answer.toFixed(0)} ms`)
  );
}
