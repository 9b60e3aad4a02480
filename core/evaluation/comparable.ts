import { ReelbenchError } from "../contract/errors.ts";
import type { Run } from "../contract/entities.ts";
import { familyOf } from "./metric.ts";
import type { PerUserTable } from "./per-user.ts";

/** A run and its values for each user. */
export interface EvaluatedRun {
  readonly run: Run;
  readonly perUser: PerUserTable;
}

/** Throws RB_INCOMPARABLE, naming the runs and the reason, unless every difference between them means something. */
export function checkComparable(runs: readonly EvaluatedRun[]): void {
  const [first, ...others] = runs;
  if (first === undefined || others.length === 0)
    throw refusal("A comparison needs at least two runs.", runs, "Name another run of the same split.");
  if (new Set(runs.map(({ run }) => run.id)).size < runs.length)
    throw refusal("The same run is named twice.", runs, "Name each run once.");
  for (const { run } of runs) {
    if (run.state !== "succeeded")
      throw refusal(
        `${quote(run, runs)} has not succeeded (it is ${run.state}), so it has no results.`,
        runs,
        "Leave it out, or wait for it (or resume it) and compare then.",
      );
    if (run.search?.part.part === "validation") {
      throw refusal(
        `${quote(run, runs)} is a trial of a search: it was judged by a validation part, not by the split's test.`,
        runs,
        "Compare the search's winner, or train these settings as a run of their own.",
      );
    }
    if (run.refitOf !== null) {
      throw refusal(
        `${quote(run, runs)} is a refit: it was trained on the test ratings too and was not evaluated itself.`,
        runs,
        `Compare ${run.refitOf}, the run it was refitted from: the refit carries that run's evaluation.`,
      );
    }
  }
  for (const other of others) {
    if (other.run.splitId !== first.run.splitId) {
      throw refusal(
        `${quote(first.run, runs)} and ${quote(other.run, runs)} were evaluated on different splits: different ratings were predicted.`,
        runs,
        "Train one of them again on the other's split, and compare that run.",
      );
    }
    checkDefinitions(first, other, runs);
    checkUsers(first, other, runs);
  }
}

function checkDefinitions(first: EvaluatedRun, other: EvaluatedRun, runs: readonly EvaluatedRun[]): void {
  for (const { metric, definition } of first.run.metrics) {
    const theirs = other.run.metrics.find((value) => value.metric === metric);
    if (theirs !== undefined && theirs.definition !== definition) {
      throw refusal(
        `${metric} of ${quote(first.run, runs)} is defined as ${definition}, of ${quote(other.run, runs)} as ${theirs.definition}.`,
        runs,
        "Train the older one again with this Reelbench, so that both are measured alike.",
      );
    }
  }
  const shared = first.run.metrics.some(
    ({ metric }) => familyOf(metric).tested && other.run.metrics.some((value) => value.metric === metric),
  );
  if (!shared)
    throw refusal(
      `${quote(first.run, runs)} and ${quote(other.run, runs)} have no metric in common.`,
      runs,
      "Compare each with a run that shares its metrics.",
    );
}

function checkUsers(first: EvaluatedRun, other: EvaluatedRun, runs: readonly EvaluatedRun[]): void {
  const a = first.perUser.users;
  const b = other.perUser.users;
  if (a.length !== b.length || a.some((u, row) => u !== b[row])) {
    throw refusal(
      `${quote(first.run, runs)} and ${quote(other.run, runs)} were evaluated on different users (${a.length} and ${b.length}).`,
      runs,
      "Train both again on the split: one of the folders does not belong to it any more.",
    );
  }
}

function refusal(message: string, runs: readonly EvaluatedRun[], remedy: string): ReelbenchError {
  return new ReelbenchError("RB_INCOMPARABLE", message, {
    remedy,
    details: { runIds: runs.map(({ run }) => run.id), splitIds: runs.map(({ run }) => run.splitId) },
  });
}

/** By its name; where another run has the same one, with as much of its id as tells it from that run. */
function quote(run: Run, runs: readonly EvaluatedRun[]): string {
  const namesakes = runs.filter(({ run: other }) => other.id !== run.id && other.name === run.name);
  if (namesakes.length === 0) return `"${run.name}"`;
  const short = run.id.slice(0, 9);
  const isClear = namesakes.every(({ run: other }) => !other.id.startsWith(short));
  return `"${run.name}" (${isClear ? short : run.id})`;
}
