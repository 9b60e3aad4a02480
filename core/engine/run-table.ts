import { randomBytes } from "node:crypto";
import { ReelbenchError } from "../contract/errors.ts";
import type { Run } from "../contract/entities.ts";
import type { MethodOutput, ParsedInput } from "../contract/methods.ts";
import { matchesSearch, parseRunSearch, valueOfRun } from "../contract/run-search.ts";
import type { RunGroup, RunRow } from "../contract/run-table.ts";
import type { DirectHandlers } from "./handlers.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

type RunTableMethod =
  | "runs.query"
  | "runs.facets"
  | "runs.archive"
  | "runs.tag"
  | "views.list"
  | "views.save"
  | "views.remove";

export function runTableHandlers(rooms: Rooms): DirectHandlers<RunTableMethod> {
  const { catalogue } = rooms.workspace;
  /** All or none; returns how many are other than before. */
  const changeEach = (runIds: readonly string[], change: (run: Run) => Run | null): number => {
    const changes = catalogue.transaction(() =>
      [...new Set(runIds)].flatMap((id) => {
        const run = catalogue.runs.get(id);
        const next = change(run);
        if (next === null) return [];
        catalogue.runs.put(next);
        if (run.missing === true) catalogue.runs.setMissing(id, true);
        return [id];
      }),
    );
    for (const id of changes) changed(rooms, "run", id);
    return changes.length;
  };
  return {
    "runs.query": (question) => queryRuns(catalogue.runSummaries.all(), question),
    "runs.facets": ({ splitId, trials }) =>
      facetsOf(catalogue.runSummaries.all().filter((run) => isAskedFor(run, { splitId, trials }))),
    "runs.archive": ({ runIds, archived }) => {
      const now = new Date().toISOString();
      return {
        changed: changeEach(runIds, ({ archivedAt, ...run }) => {
          if ((archivedAt !== undefined) === archived) return null;
          return archived ? { ...run, archivedAt: now } : run;
        }),
      };
    },
    "runs.tag": ({ runIds, add, remove }) => ({
      changed: changeEach(runIds, (run) => {
        const before = run.tags ?? [];
        const after = [...new Set([...before, ...add])].filter((tag) => !remove.includes(tag));
        return after.join(",") === before.join(",") ? null : { ...run, tags: after };
      }),
    }),
    "views.list": ({ screen }) => catalogue.views.list(screen),
    "views.save": (view) => {
      const saved = catalogue.views.put({
        ...view,
        id: `v${randomBytes(8).toString("hex")}`,
        createdAt: new Date().toISOString(),
      });
      changed(rooms, "view", saved.id);
      return saved;
    },
    "views.remove": ({ viewId }) => {
      if (!catalogue.views.remove(viewId))
        throw new ReelbenchError("RB_NOT_FOUND", `There is no view "${viewId}" in this workspace.`);
      changed(rooms, "view", viewId);
      return {};
    },
  };
}

function isAskedFor(
  { splitId, search }: RunRow,
  asked: { readonly splitId: string | undefined; readonly trials: boolean },
): boolean {
  return (
    (asked.splitId === undefined || splitId === asked.splitId) && (asked.trials || search?.part.part !== "validation")
  );
}

/** One page of the runs a search finds. `runs`: newest first. */
export function queryRuns(
  runs: readonly RunRow[],
  { where, show, trials, splitId, sort, groupBy, folded, offset, limit }: ParsedInput<"runs.query">,
): MethodOutput<"runs.query"> {
  const parsed = parseRunSearch(where);
  if ("problem" in parsed)
    throw new ReelbenchError("RB_INVALID_INPUT", parsed.problem, { details: { at: parsed.at, where } });
  const found = runs.filter(
    (run) =>
      (show === "all" || (run.archivedAt !== undefined) === (show === "archived")) &&
      isAskedFor(run, { splitId, trials }) &&
      matchesSearch(run, parsed.expression),
  );
  const sorted = inOrder(found, sort);
  if (groupBy === null)
    return { matched: found.length, total: found.length, rows: sorted.slice(offset, offset + limit), groups: [] };
  const { rows, groups } = grouped(sorted, groupBy, new Set(folded), sort[0]?.field);
  return {
    matched: found.length,
    total: rows.length,
    rows: rows.slice(offset, offset + limit),
    groups: offset === 0 ? groups : [],
  };
}

type Sort = ParsedInput<"runs.query">["sort"];
// A text is compared as a person counts: "run 9" before "run 10".
const collator = new Intl.Collator("en", { numeric: true });

function inOrder(runs: readonly RunRow[], sort: Sort): readonly RunRow[] {
  if (sort.length === 0) return runs;
  const keyed = runs.map((run) => ({ run, keys: sort.map(({ field }) => keyOf(run, field)) }));
  keyed.sort((a, b) => {
    for (const [at, { descending }] of sort.entries()) {
      const [left, right] = [a.keys[at] ?? null, b.keys[at] ?? null];
      if (left === null && right === null) continue;
      if (left === null) return 1;
      if (right === null) return -1;
      const order =
        typeof left === "number" && typeof right === "number"
          ? left - right
          : collator.compare(String(left), String(right));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
  return keyed.map(({ run }) => run);
}

function keyOf(run: RunRow, field: string): string | number | null {
  const value = valueOfRun(run, field);
  if (value === null || typeof value === "number") return value;
  if (typeof value === "object") return value.length === 0 ? null : value.join(", ");
  return String(value);
}

/** Groups stand where their first row does. */
function grouped(
  runs: readonly RunRow[],
  groupBy: string,
  folded: ReadonlySet<string | null>,
  sortedBy: string | undefined,
): { readonly rows: readonly RunRow[]; readonly groups: RunGroup[] } {
  const members = new Map<string | null, RunRow[]>();
  for (const run of runs) {
    const key = keyOf(run, groupBy);
    const value = key === null ? null : String(key);
    const known = members.get(value);
    if (known === undefined) members.set(value, [run]);
    else known.push(run);
  }
  const rows: RunRow[] = [];
  const groups = [...members].map(([value, group]): RunGroup => {
    const best = sortedBy === undefined || group[0] === undefined ? null : valueOfRun(group[0], sortedBy);
    const entry = {
      value,
      runs: group.length,
      offset: rows.length,
      folded: folded.has(value),
      best: typeof best === "number" ? best : null,
    };
    if (!entry.folded) for (const run of group) rows.push(run);
    return entry;
  });
  return { rows, groups };
}

function facetsOf(runs: readonly RunRow[]): MethodOutput<"runs.facets"> {
  const metrics = new Map<string, { runs: number; higherIsBetter: boolean }>();
  const hyperparameters = new Map<string, { runs: number; numeric: boolean }>();
  const algorithms = new Map<string, number>();
  const tags = new Map<string, number>();
  for (const run of runs) {
    algorithms.set(run.algorithm, (algorithms.get(run.algorithm) ?? 0) + 1);
    for (const tag of run.tags ?? []) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    for (const { metric, higherIsBetter } of run.metrics)
      metrics.set(metric, { runs: (metrics.get(metric)?.runs ?? 0) + 1, higherIsBetter });
    for (const [name, value] of Object.entries(run.hyperparameters)) {
      const known = hyperparameters.get(name) ?? { runs: 0, numeric: true };
      hyperparameters.set(name, { runs: known.runs + 1, numeric: known.numeric && typeof value === "number" });
    }
  }
  const archived = runs.filter(({ archivedAt }) => archivedAt !== undefined).length;
  return {
    active: runs.length - archived,
    archived,
    metrics: [...metrics].map(([metric, rest]) => ({ metric, ...rest })),
    hyperparameters: [...hyperparameters].map(([name, rest]) => ({ name, ...rest })).sort(byName),
    algorithms: [...algorithms].map(([algorithm, count]) => ({ algorithm, runs: count })),
    tags: [...tags].map(([tag, count]) => ({ tag, runs: count })).sort((a, b) => collator.compare(a.tag, b.tag)),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
