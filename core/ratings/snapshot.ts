import { join } from "node:path";
import { z } from "zod";
import { snapshot as snapshotSchema } from "../contract/entities.ts";
import type { Recipe, Snapshot } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { readSourceManifest } from "./manifests.ts";
import { orderInThread } from "./order-in-thread.ts";
import type { OrderedRatings, UnorderedRatings } from "./order-ratings.ts";
import type { OrderRequest } from "./order-worker.ts";
import { applyStep } from "./recipe-steps.ts";
import { scaleStep } from "./scale-detection.ts";
import type { OrderedColumns } from "./columns/order-columns.ts";
import { snapshotOfColumns } from "./snapshot-columns.ts";
import { idWith, writeSnapshotAttributes } from "./snapshot-attributes.ts";
import type { SnapshotAttributes } from "./snapshot-attributes.ts";
import { createRows, rankIdsOfRows, rankIdsOfSources, ranksOfSource, readRows, readSources } from "./snapshot-rows.ts";
import type { RankedIds, SourceRanks } from "./snapshot-rows.ts";
import { hasNumbers, ratingsFormat, sourceFiles } from "./source-files.ts";
import { unusedPart } from "./split-parts.ts";

export interface SnapshotRequest {
  readonly sources: readonly { readonly id: string; readonly directory: string }[];
  readonly recipe: Recipe;
  readonly name?: string | undefined;
}

/**
 * Makes an immutable snapshot from sources and a recipe: `snapshotsDirectory/<id>` (docs/reference/formats.md). The id
 * depends on rows and recipe alone. Throws RB_SNAPSHOT_EMPTY, RB_NOT_FOUND (a source), RB_CANCELLED.
 */
export async function createSnapshot(
  request: SnapshotRequest,
  snapshotsDirectory: string,
  context: WorkContext,
): Promise<Snapshot> {
  const manifests = await Promise.all(request.sources.map(({ directory }) => readSourceManifest(directory)));
  const recipe = effectiveRecipe(request.recipe);
  const phases = recipe.length + 3;
  const phase = (done: number, message: string) => context.onProgress({ done, total: phases, unit: "steps", message });
  const directories = request.sources.map(({ directory }) => directory);
  const hasParts = manifests.some(({ options }) => options.part !== undefined || options.partColumn !== undefined);
  const described = async (directory: string, written: Written, attributes: SnapshotAttributes): Promise<Snapshot> => {
    const made = { ...written, id: idWith(written.id, attributes) };
    const snapshot = describe(made, {
      attributes,
      name: request.name ?? manifests.map(({ name }) => name).join(" + "),
      recipe,
      request,
      hasParts,
      scales: manifests.map(({ scale }) => scale),
    });
    await writeFileAtomic(join(directory, "manifest.json"), `${JSON.stringify(snapshot, null, 2)}\n`);
    return snapshot;
  };
  return writeFolderAtomic(
    snapshotsDirectory,
    (made: Snapshot) => made.id,
    (directory) =>
      withDatabase({ signal: context.signal, spillInto: directory }, async (database) => {
        phase(0, "Reading the sources");
        const titled = manifests.map((manifest) => manifest.hasTitles);
        let attributes: SnapshotAttributes = null;
        const beside = async (ordered: Pick<OrderedRatings, "userRanks" | "itemRanks">) => {
          await writeNames(database, directory, directories, titled, ordered);
          attributes = await writeSnapshotAttributes(database, directories, directory);
        };
        const made = await fromColumns(
          database,
          { directories, recipe, hasParts, directory, beside, signal: context.signal },
          () => phase(recipe.length + 1, "Writing the snapshot and computing its id"),
        );
        if (made !== null) return described(directory, made, attributes);
        const prepared = await prepare(database, directories, recipe, hasParts, (index, step) =>
          phase(index + 1, `Applying ${step.step}`),
        );
        const { ratings, keep, ids } = prepared;
        if (ratings.u.length === 0) throw new ReelbenchError("RB_SNAPSHOT_EMPTY", emptyMessage(prepared.steps));
        phase(recipe.length + 1, "Writing the snapshot and computing its id");
        const { id, result: ordered } = await orderInThread(
          { ratings, keep, recipe, userIds: ids.users, itemIds: ids.items },
          context.signal,
          async (found) => {
            await beside(found);
            await writeRatings(database, directory, found);
            return found;
          },
        );
        const steps =
          keep === null
            ? prepared.steps
            : recipe.map((step) => ({ step, before: ratings.u.length, after: ordered.u.length }));
        return described(directory, { id, steps, ordered: { ...ordered, rows: ordered.u.length } }, attributes);
      }),
  );
}

/** A snapshot's ratings as they were written. */
interface Written {
  readonly id: string;
  readonly steps: Snapshot["steps"];
  readonly ordered: Pick<OrderedColumns, "rows" | "userRanks" | "itemRanks" | "values" | "earliest" | "latest">;
}

interface FromColumns {
  readonly directories: readonly string[];
  readonly recipe: Recipe;
  readonly hasParts: boolean;
  /** Where the snapshot is written. */
  readonly directory: string;
  /** Writes what stands beside the ratings. */
  readonly beside: (ordered: OrderedColumns) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A recipe that only settles duplicates, over sources of columns (`snapshot-columns.ts`); null for all else. */
async function fromColumns(
  database: Database,
  { directories, recipe, hasParts, directory, beside, signal }: FromColumns,
  onIds: () => void,
): Promise<Written | null> {
  const keep = onlyDedupe(recipe);
  if (keep === null || !(await Promise.all(directories.map(hasNumbers))).every(Boolean)) return null;
  const rank = async () => {
    const ids = await rankIdsOfSources(database, directories);
    const ranks: SourceRanks[] = [];
    for (const source of directories) ranks.push(await ranksOfSource(database, source));
    onIds();
    return { ids, ranks };
  };
  const paths = directories.map((source) => sourceFiles(source)[0]);
  const made = await snapshotOfColumns(paths, { recipe, keep, hasParts, directory, rank, beside }, signal);
  if (made === null) return null;
  const { id, before, ordered } = made;
  return { id, steps: recipe.map((step) => ({ step, before, after: ordered.rows })), ordered };
}

/** What is kept of duplicates, where settling them is all the recipe does and no table is needed for it. */
function onlyDedupe(recipe: Recipe): Exclude<OrderRequest["keep"], null> | null {
  const [only, ...more] = recipe;
  return more.length === 0 && only?.step === "dedupe" && only.keep !== "mean" ? only.keep : null;
}

interface Prepared {
  readonly ratings: UnorderedRatings;
  readonly ids: RankedIds;
  /** How duplicates are still to be settled; null where the steps have done it. */
  readonly keep: OrderRequest["keep"];
  readonly steps: Snapshot["steps"];
}

/** The ratings that the recipe leaves. One that only settles duplicates needs no table: ordering finds them side by side. */
async function prepare(
  database: Database,
  directories: readonly string[],
  recipe: Recipe,
  hasParts: boolean,
  onStep: (index: number, step: Recipe[number]) => void,
): Promise<Prepared> {
  const keep = onlyDedupe(recipe);
  const numbered = (await Promise.all(directories.map(hasNumbers))).every(Boolean);
  if (numbered && keep !== null) {
    const ids = await rankIdsOfSources(database, directories);
    return { ratings: await readSources(database, directories, ids, hasParts), ids, keep, steps: [] };
  }
  const ids = await rankIdsOfRows(database, directories);
  await createRows(database);
  const steps: Snapshot["steps"] = [];
  let before = await countRows(database);
  for (const [index, step] of recipe.entries()) {
    onStep(index, step);
    await applyStep(database, step);
    const after = await countRows(database);
    steps.push({ step, before, after });
    before = after;
  }
  return { ratings: await readRows(database, ids, hasParts), ids, keep: null, steps };
}

/** A snapshot holds each (user, item) once: without a dedupe step, the last rating of each pair counts. */
export function effectiveRecipe(recipe: Recipe): Recipe {
  return recipe.some(({ step }) => step === "dedupe") ? recipe : [{ step: "dedupe", keep: "last" }, ...recipe];
}

function emptyMessage(steps: Snapshot["steps"]): string {
  const culprit = steps.find(({ after }) => after === 0);
  return culprit === undefined
    ? "The sources hold no rating."
    : `The step "${culprit.step.step}" leaves none of ${culprit.before.toLocaleString("en")} ratings.`;
}

async function countRows(database: Database): Promise<number> {
  return (await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM rows")).n;
}

async function writeNames(
  database: Database,
  directory: string,
  sources: readonly string[],
  titled: readonly boolean[],
  ordered: Pick<OrderedRatings, "userRanks" | "itemRanks">,
): Promise<void> {
  registerRanks(database, "final_users", "u", "u0", ordered.userRanks);
  registerRanks(database, "final_items", "i", "i0", ordered.itemRanks);
  const titleSources = sources.flatMap((source, index) =>
    titled[index] === true
      ? [
          `SELECT item_id, title, "year", genres, ${String(index)} AS source FROM read_parquet(${sqlPath(join(source, "items.parquet"))})`,
        ]
      : [],
  );
  const titles =
    titleSources.length === 0
      ? `SELECT NULL::VARCHAR AS item_id, NULL::VARCHAR AS title, NULL::INTEGER AS "year", []::VARCHAR[] AS genres, 0 AS source WHERE false`
      : titleSources.join(" UNION ALL ");
  await database.run(
    `COPY (SELECT u, user_id FROM final_users() JOIN all_users USING (u0) ORDER BY u) TO ${sqlPath(join(directory, "users.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await database.run(
    `COPY (SELECT i, item_id, title, "year", coalesce(genres, []) AS genres FROM final_items() JOIN all_items USING (i0)
       LEFT JOIN (SELECT item_id, arg_min(title, source) AS title, arg_min("year", source) AS "year", arg_min(genres, source) AS genres FROM (${titles}) GROUP BY item_id) USING (item_id) ORDER BY i)
     TO ${sqlPath(join(directory, "items.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

async function writeRatings(database: Database, directory: string, ordered: OrderedRatings): Promise<void> {
  const { u, i, rating, time, part } = ordered;
  database.registerColumns(
    "ordered_ratings",
    [
      { name: "u", type: "INTEGER" },
      { name: "i", type: "INTEGER" },
      { name: "rating", type: "DOUBLE" },
      { name: "time", type: "DOUBLE" },
      ...(part === null ? [] : [{ name: "part", type: "UTINYINT" } as const]),
    ],
    [{ rows: u.length, columns: [u, i, rating, time, ...(part === null ? [] : [part])] }],
  );
  const parts = part === null ? "" : `, nullif(part, ${String(unusedPart)}::UTINYINT) AS part`;
  await database.run(
    `COPY (SELECT u, i, rating, CASE WHEN isnan("time") THEN NULL ELSE "time"::BIGINT END AS "time"${parts} FROM ordered_ratings())
     TO ${sqlPath(join(directory, "ratings.parquet"))} ${ratingsFormat}`,
  );
}

/** `FROM table()`: number (from 0) and rank of what is left. */
function registerRanks(database: Database, table: string, number: string, rank: string, ranks: Int32Array): void {
  const columns = [
    { name: number, type: "INTEGER" },
    { name: rank, type: "INTEGER" },
  ] as const;
  database.registerColumns(table, columns, [
    { rows: ranks.length, columns: [Int32Array.from(ranks, (_, index) => index), ranks] },
  ]);
}

interface Made {
  readonly name: string;
  readonly recipe: Recipe;
  readonly request: SnapshotRequest;
  readonly hasParts: boolean;
  readonly attributes: SnapshotAttributes;
  readonly scales: readonly Snapshot["scale"][];
}

function describe({ id, steps, ordered }: Written, made: Made): Snapshot {
  const { rows, userRanks, itemRanks, values, earliest, latest } = ordered;
  const hasTime = latest !== -Infinity;
  return snapshotSchema.parse({
    id,
    name: made.name,
    createdAt: new Date().toISOString(),
    sourceIds: made.request.sources.map((source) => source.id),
    recipe: made.recipe,
    steps,
    ratings: rows,
    users: userRanks.length,
    items: itemRanks.length,
    scale: {
      ...scaleAfter(made),
      step: scaleStep(values),
    },
    hasTime,
    ...(made.hasParts ? { hasParts: true } : {}),
    ...(made.attributes === null ? {} : { attributes: made.attributes.known }),
    from: hasTime ? isoOf(earliest) : null,
    to: hasTime ? isoOf(latest) : null,
  });
}

/** The sources' scale, unless the ratings were made equal: then it goes from 0, for everything not rated, to 1. */
function scaleAfter({ scales, recipe }: Made): { minimum: number; maximum: number } {
  if (recipe.some((step) => step.step === "rating-threshold" && step.binarise)) return { minimum: 0, maximum: 1 };
  return {
    minimum: Math.min(...scales.map(({ minimum }) => minimum)),
    maximum: Math.max(...scales.map(({ maximum }) => maximum)),
  };
}

export function isoOf(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}
