/** The registry of models: versions under a name, their aliases, cards, origins and bundles. Part of the contract (`methods.ts`). */
import { z } from "zod";
import { entityId, isoTime, publication, run, sha256, snapshot, source, split } from "./entities.ts";
import { method } from "./method.ts";
import { runRow } from "./run-table.ts";

const count = z.int().nonnegative();
const text = z.string().max(20_000);

/** Names one version of a model, and can be moved to another: `champion`, `staging`. */
export const modelAlias = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "An alias is 1 to 40 of a–z, 0–9 and -, a letter first.");

export const modelName = z.string().trim().min(1).max(100);

/** A run's model that is kept under a name. */
export const modelVersion = z.object({
  /** The run's. */
  id: entityId,
  model: modelName,
  /** 1, 2, … within the model; never given twice. */
  number: z.int().positive(),
  registeredAt: isoTime,
  aliases: z.array(modelAlias).max(20),
  note: text,
  /** The card's own words: what the model is for, and where it should not be used. Empty: nobody has said. */
  intendedUse: text,
  limits: text,
  /** Since when it is out of use: kept whole, but neither published nor found unless asked for. */
  retiredAt: isoTime.optional(),
});
export type ModelVersion = z.infer<typeof modelVersion>;

/** Where a version went. */
export const modelPublication = publication
  .pick({ id: true, targetId: true, version: true, state: true, createdAt: true, activatedAt: true })
  .extend({ targetName: z.string() });
export type ModelPublication = z.infer<typeof modelPublication>;

export const modelEntry = z.object({ version: modelVersion, run: runRow, publications: z.array(modelPublication) });
export type ModelEntry = z.infer<typeof modelEntry>;

/** From the model back to the bytes of the files it was learnt from. */
const modelLineage = z.object({
  sources: z.array(source.pick({ id: true, name: true, createdAt: true, files: true, accepted: true, read: true })),
  snapshot,
  split,
  /** Of a refit: the run whose evaluation it carries. */
  evaluatedBy: z.object({ id: entityId, name: z.string() }).nullable(),
});

export const modelDetail = z.object({
  version: modelVersion,
  run,
  publications: z.array(modelPublication),
  lineage: modelLineage,
  /** The files of the bundle; null: they are gone from the disk. */
  bundle: z
    .object({
      form: z.enum(["factors", "item-weights", "user-neighbours"]),
      files: z.array(z.object({ name: z.string(), bytes: count, sha256 })),
      /** Of the archive that `models.download` gives. */
      archiveName: z.string(),
      archiveBytes: count,
    })
    .nullable(),
  /** Opens the bundle in Python and scores with it. */
  python: z.string().nullable(),
  /** What its own evaluation says against it. */
  knownLimits: z.array(z.string()),
  /** The card as Markdown. */
  card: z.string(),
});
export type ModelDetail = z.infer<typeof modelDetail>;

const one = z.object({ modelId: entityId });

export const modelVersionMethods = {
  /** Newest first. */
  "models.list": method("query", z.object({ retired: z.boolean().default(true) }), z.array(modelEntry)),
  /** Saved models that nobody has registered, newest first. */
  "models.candidates": method(
    "query",
    z.object({ limit: z.int().min(1).max(500).default(100) }),
    z.object({ total: count, rows: z.array(runRow) }),
  ),
  "models.get": method("query", one, modelDetail),
  /** Takes a run's model into the registry; one that is there already stays as it is. Publishing does it, too. */
  "models.register": method("command", z.object({ runId: entityId, model: modelName.optional() }), modelVersion),
  "models.annotate": method(
    "command",
    one.extend({ note: text.optional(), intendedUse: text.optional(), limits: text.optional() }),
    modelVersion,
  ),
  /** These and no others. An alias that another version of the model has moves here. */
  "models.alias": method("command", one.extend({ aliases: z.array(modelAlias).max(20) }), modelVersion),
  /** Refuses with RB_CONFLICT to retire what is live on a target. A retired version loses its aliases. */
  "models.retire": method("command", one.extend({ retired: z.boolean() }), modelVersion),
  /** A piece of the bundle as a tar archive, which is the same whenever it is asked for. */
  "models.download": method(
    "query",
    one.extend({ offset: count, limit: z.int().min(1).max(4_194_304).default(1_048_576) }),
    z.object({ total: count, base64: z.string() }),
  ),
};
