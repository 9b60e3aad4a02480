import type { RunRow } from "../../../core/contract/run-table.ts";
import { quotedForSearch } from "../../../core/contract/run-search.ts";
import { useQueryMethod } from "./hooks.ts";

/** More are not chosen from a list; they are searched for under Compare. */
const most = 100;

interface RunChoice {
  readonly data: readonly RunRow[] | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** Runs to choose from, newest first: what the search finds, and those asked for wherever they are (archived, long ago). */
export function useRunChoice(where: string, asked: readonly string[] = []): RunChoice {
  const found = useQueryMethod("runs.query", { where, limit: most });
  const wanted = useQueryMethod(
    "runs.query",
    { where: `id in (${asked.map(quotedForSearch).join(", ")})`, show: "all", trials: true, limit: most },
    { enabled: asked.length > 0, keepPrevious: true },
  );
  if (found.data === undefined || (asked.length > 0 && wanted.data === undefined))
    return { data: undefined, error: found.error ?? wanted.error, refetch: found.refetch };
  const known = new Set(found.data.rows.map(({ id }) => id));
  const others = (asked.length === 0 ? [] : (wanted.data?.rows ?? [])).filter(({ id }) => !known.has(id));
  return { data: [...found.data.rows, ...others], error: null, refetch: found.refetch };
}
