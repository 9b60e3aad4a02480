import type { Run } from "../../../../core/contract/entities.ts";
import { formatGeneral } from "./numbers.ts";

type Named = Pick<Run, "id" | "name" | "hyperparameters" | "seed">;

/** The most settings a name is told apart by; more would be a table. */
const mostSettings = 2;

/**
 * The runs under names that no other of them has: their own where that is enough, else with what differs ("Biased SVD
 * (factors 200)"), else numbered in their order. Charts and legends are lost without.
 */
export function withDistinctNames<R extends Named>(runs: readonly R[]): readonly R[] {
  const names = new Map<string, string>();
  for (const group of groupBy(runs, ({ name }) => name).values()) {
    const labels = group.map((run) => (group.length === 1 ? run.name : withSettings(run, group)));
    for (const [index, run] of group.entries()) names.set(run.id, numbered(labels, index));
  }
  return runs.map((run) => ({ ...run, name: names.get(run.id) ?? run.name }));
}

function withSettings(run: Named, group: readonly Named[]): string {
  const settings = (one: Named): Readonly<Record<string, unknown>> => ({ ...one.hyperparameters, seed: one.seed });
  const differing = Object.keys(settings(run)).filter(
    (key) => new Set(group.map((one) => settings(one)[key])).size > 1,
  );
  const told = differing.slice(0, mostSettings).map((key) => {
    const value = settings(run)[key];
    return `${key} ${typeof value === "number" ? formatGeneral(value) : String(value)}`;
  });
  return told.length === 0 ? run.name : `${run.name} (${told.join(", ")})`;
}

function numbered(labels: readonly string[], index: number): string {
  const label = labels[index] ?? "";
  const same = labels.flatMap((other, at) => (other === label ? [at] : []));
  return same.length === 1 ? label : `${label} #${String(same.indexOf(index) + 1)}`;
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value)) ?? [];
    group.push(value);
    groups.set(key(value), group);
  }
  return groups;
}
