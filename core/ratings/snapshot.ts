import { join } from "node:path";
import { z } from "zod";
import { snapshot as snapshotSchema } from "../contract/entities.ts";
import type { Recipe, Snapshot } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { writeFileAtomic, writeFolderAtomic } from "../files/atomic.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { canonicalId } from "./canonical-id.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { applyStep } from "./recipe-steps.ts";
import { scaleStep } from "./scale-detection.ts";
import { readSourceManifest } from "./manifests.ts";

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
  return writeFolderAtomic(
    snapshotsDirectory,
    (made: Snapshot) => made.id,
    (directory) =>
      withDatabase({ signal: context.signal, spillInto: directory }, async (database) => {
        phase(0, "Reading the sources");
        await loadSources(
          database,
          request.sources.map((source) => source.directory),
        );
        const steps: Snapshot["steps"] = [];
        let before = await countRows(database);
        for (const [index, step] of recipe.entries()) {
          phase(index + 1, `Applying ${step.step}`);
          await applyStep(database, step);
          const after = await countRows(database);
          steps.push({ step, before, after });
          before = after;
        }
        if (before === 0) throw new ReelbenchError("RB_SNAPSHOT_EMPTY", emptyMessage(steps));
        phase(recipe.length + 1, "Writing the snapshot");
        await writeTables(
          database,
          directory,
          request.sources.map((source) => source.directory),
          manifests.map((manifest) => manifest.hasTitles),
        );
        phase(recipe.length + 2, "Computing its id");
        const id = await canonicalId(database, directory, recipe);
        const made = await describe(database, directory, {
          id,
          name: request.name ?? manifests.map(({ name }) => name).join(" + "),
          recipe,
          steps,
          request,
          scales: manifests.map(({ scale }) => scale),
        });
        await writeFileAtomic(join(directory, "manifest.json"), `${JSON.stringify(made, null, 2)}\n`);
        return made;
      }),
  );
}

/** A snapshot holds each (user, item) once: without a dedupe step, the last rating of each pair counts. */
export function effectiveRecipe(recipe: Recipe): Recipe {
  return recipe.some(({ step }) => step === "dedupe") ? recipe : [{ step: "dedupe", keep: "last" }, ...recipe];
}

function emptyMessage(steps: Snapshot["steps"]): string {
  const culprit = steps.find(({ after }) => after === 0);
  return culprit === undefined
    ? "The sources hold no rating."
    : `The step "${culprit.step.step}" leaves none of ${String(culprit.before)} ratings.`;
}

/** `rows`: u0, i0 (rank among all ids of the sources, in byte order), rating, time, position (source, row). */
async function loadSources(database: Database, directories: readonly string[]): Promise<void> {
  const all = directories
    .map(
      (directory, index) =>
        `SELECT user_id, item_id, rating, "time", ${String(index)} AS source, file_row_number AS position FROM read_parquet(${sqlPath(join(directory, "ratings.parquet"))}, file_row_number = true)`,
    )
    .join(" UNION ALL ");
  await database.run(`CREATE TEMP VIEW everything AS ${all}`);
  await database.run(
    "CREATE TEMP TABLE all_users AS SELECT user_id, (row_number() OVER (ORDER BY user_id))::INTEGER AS u0 FROM (SELECT DISTINCT user_id FROM everything)",
  );
  await database.run(
    "CREATE TEMP TABLE all_items AS SELECT item_id, (row_number() OVER (ORDER BY item_id))::INTEGER AS i0 FROM (SELECT DISTINCT item_id FROM everything)",
  );
  await database.run(
    `CREATE TEMP TABLE rows AS SELECT u0, i0, rating, "time", source::INTEGER AS source, position::BIGINT AS position FROM everything JOIN all_users USING (user_id) JOIN all_items USING (item_id)`,
  );
}

async function countRows(database: Database): Promise<number> {
  return (await database.one(z.object({ n: integer }), "SELECT count(*) AS n FROM rows")).n;
}

async function writeTables(
  database: Database,
  directory: string,
  sources: readonly string[],
  titled: readonly boolean[],
): Promise<void> {
  await database.run(
    "CREATE TEMP TABLE final_users AS SELECT u0, user_id, (row_number() OVER (ORDER BY u0) - 1)::INTEGER AS u FROM (SELECT DISTINCT u0 FROM rows) JOIN all_users USING (u0)",
  );
  await database.run(
    "CREATE TEMP TABLE final_items AS SELECT i0, item_id, (row_number() OVER (ORDER BY i0) - 1)::INTEGER AS i FROM (SELECT DISTINCT i0 FROM rows) JOIN all_items USING (i0)",
  );
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
    `COPY (SELECT u, user_id FROM final_users ORDER BY u) TO ${sqlPath(join(directory, "users.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await database.run(
    `COPY (SELECT i, item_id, title, "year", coalesce(genres, []) AS genres FROM final_items
       LEFT JOIN (SELECT item_id, arg_min(title, source) AS title, arg_min("year", source) AS "year", arg_min(genres, source) AS genres FROM (${titles}) GROUP BY item_id) USING (item_id) ORDER BY i)
     TO ${sqlPath(join(directory, "items.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await database.run(
    `COPY (SELECT u, i, rating, "time" FROM rows JOIN final_users USING (u0) JOIN final_items USING (i0) ORDER BY u, i)
     TO ${sqlPath(join(directory, "ratings.parquet"))} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

interface Made {
  readonly id: string;
  readonly name: string;
  readonly recipe: Recipe;
  readonly steps: Snapshot["steps"];
  readonly request: SnapshotRequest;
  readonly scales: readonly Snapshot["scale"][];
}

const summary = z.object({
  ratings: integer,
  users: integer,
  items: integer,
  timed: integer,
  earliest: integer.nullable(),
  latest: integer.nullable(),
});

async function describe(database: Database, directory: string, made: Made): Promise<Snapshot> {
  const ratings = join(directory, "ratings.parquet");
  const found = await database.one(
    summary,
    `SELECT count(*) AS ratings, count(DISTINCT u) AS users, count(DISTINCT i) AS items, count("time") AS timed, min("time") AS earliest, max("time") AS latest FROM read_parquet($1)`,
    [ratings],
  );
  const values = await database.all(
    z.object({ rating: z.number() }),
    "SELECT DISTINCT rating FROM read_parquet($1) LIMIT 10000",
    [ratings],
  );
  return snapshotSchema.parse({
    id: made.id,
    name: made.name,
    createdAt: new Date().toISOString(),
    sourceIds: made.request.sources.map(({ id }) => id),
    recipe: made.recipe,
    steps: made.steps,
    ratings: found.ratings,
    users: found.users,
    items: found.items,
    scale: {
      ...scaleAfter(made),
      step: scaleStep(values.map(({ rating }) => rating)),
    },
    hasTime: found.timed > 0,
    from: isoOf(found.earliest),
    to: isoOf(found.latest),
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
