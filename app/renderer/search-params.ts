/**
 * What a link to a view carries. Links come from outside: whatever does not fit is dropped, never refused. Ids that look
 * like numbers arrive as numbers and are turned back into the text they are.
 */
import { z } from "zod";
import { entityFilter, rowFilter } from "../../core/contract/snapshot-tables.ts";

const text = z.coerce.string().max(4096);
const optionalText = text.optional().catch(undefined);
/** One or several; `?run=a` and `?run=["a","b"]` are both understood. */
const texts = z
  .union([z.array(text), text.transform((single) => [single])])
  .optional()
  .catch(undefined);
const flag = z.boolean().optional().catch(undefined);

export const importSearch = z.object({
  path: optionalText,
  items: optionalText,
  from: z.enum(["file", "postgres"]).optional().catch(undefined),
});
export const newSnapshotSearch = z.object({
  source: texts,
  /** Which of a user's ratings of one film is kept. */
  keep: z.enum(["last", "first", "highest", "mean"]).optional().catch(undefined),
  /** The snapshot whose recipe is the beginning. */
  like: optionalText,
});

export const snapshotSearch = z.object({
  tab: z
    .enum(["profile", "quality", "users", "tables", "rows", "recipe", "changes", "lineage"])
    .optional()
    .catch(undefined),
  user: optionalText,
  item: optionalText,
  /** Which ratings the rows are. */
  where: rowFilter.optional().catch(undefined),
  /** Which users or films the table lists. */
  list: z.enum(["users", "items", "genres"]).optional().catch(undefined),
  among: entityFilter.optional().catch(undefined),
  sort: z.enum(["user", "item", "rating", "time"]).optional().catch(undefined),
  descending: flag,
});

export const trainSearch = z.object({
  snapshot: optionalText,
  split: optionalText,
  run: optionalText,
  mode: z.enum(["train", "search"]).optional().catch(undefined),
});

export const compareSearch = z.object({
  run: texts,
  baseline: optionalText,
  split: optionalText,
  /** In the language of core/contract/run-search.ts. */
  filter: optionalText,
  /** The column whose values rows are grouped by. */
  group: optionalText,
  show: z.enum(["archived", "all"]).optional().catch(undefined),
  trials: flag,
  sort: optionalText,
  descending: flag,
  /** Only hyperparameters that differ. */
  differences: flag,
  metric: optionalText,
  /** The run whose particulars are shown. */
  open: optionalText,
  tab: z
    .enum(["verdict", "metrics", "curves", "parameters", "trade", "settings", "errors", "users"])
    .optional()
    .catch(undefined),
});

const personRating = z.tuple([z.coerce.string().max(512), z.number()]);
export const recommendationsSearch = z.object({
  snapshot: optionalText,
  run: texts,
  mode: z.enum(["user", "person"]).optional().catch(undefined),
  user: optionalText,
  /** The invented person's ratings. */
  ratings: z.array(personRating).max(500).optional().catch(undefined),
  seen: flag,
  heldOut: flag,
  genre: texts,
  from: z.int().optional().catch(undefined),
  to: z.int().optional().catch(undefined),
  /** 0 … 1: what the lists are re-ranked for. */
  diversity: z.number().min(0).max(1).optional().catch(undefined),
  novelty: z.number().min(0).max(1).optional().catch(undefined),
  n: z.int().min(1).max(200).optional().catch(undefined),
});
export type PersonRating = z.infer<typeof personRating>;

const coordinate = z.number();
export const mapSearch = z.object({
  run: optionalText,
  method: z.enum(["pca", "umap"]).optional().catch(undefined),
  seed: z.int().min(0).max(0xffff_ffff).optional().catch(undefined),
  colour: z.enum(["genre", "popularity", "error"]).optional().catch(undefined),
  /** Colours that are not shown, by the ids of the legend. */
  hide: texts,
  /** The film that is marked, and whether those like it are listed. */
  film: optionalText,
  similar: flag,
  /** The point in the middle, and how many times closer than all of the map. */
  view: z.tuple([coordinate, coordinate, coordinate]).optional().catch(undefined),
  /** Which films are chosen: by an outline (x, y, x, y, …), a box, or so many nearest to the marked one. */
  lasso: z.array(coordinate).max(200).optional().catch(undefined),
  box: z.tuple([coordinate, coordinate, coordinate, coordinate]).optional().catch(undefined),
  near: z.int().min(1).max(5000).optional().catch(undefined),
});
export type MapSearch = z.infer<typeof mapSearch>;

export const publishSearch = z.object({ target: optionalText, run: optionalText });

export const modelsSearch = z.object({
  show: z.enum(["current", "retired", "candidates"]).optional().catch(undefined),
  q: optionalText,
});
export const modelSearch = z.object({
  tab: z.enum(["card", "lineage", "bundle", "publications"]).optional().catch(undefined),
});
export const compareModelsSearch = z.object({ model: texts });

export const settingsSections = ["appearance", "limits", "keyboard", "logs", "about"] as const;
export const settingsSearch = z.object({
  section: z.enum(settingsSections).optional().catch(undefined),
  /** In the log. */
  text: optionalText,
  level: z.enum(["info", "warn", "error"]).optional().catch(undefined),
});
export const helpSearch = z.object({ metric: optionalText, text: optionalText });
