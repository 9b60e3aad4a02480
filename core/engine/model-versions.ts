import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../contract/entities.ts";
import type { ModelDetail, ModelEntry, ModelPublication, ModelVersion } from "../contract/model-versions.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { MethodOutput } from "../contract/methods.ts";
import { archiveBytes, archivePieces } from "../models/bundle-archive.ts";
import { bundleFiles } from "../models/bundle.ts";
import { decodeCard } from "../models/bundle-card.ts";
import type { BundleCard } from "../models/bundle-card.ts";
import { pythonReader } from "../models/python-reader.ts";
import type { DirectHandlers } from "./handlers.ts";
import { limitsOf, modelCard } from "./model-card.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { modelDirectory } from "./training.ts";

type ModelVersionMethod =
  | "models.list"
  | "models.candidates"
  | "models.get"
  | "models.register"
  | "models.annotate"
  | "models.alias"
  | "models.retire"
  | "models.download";

/** What a model is called as long as nobody has said. */
const defaultModel = "recommender";

export function modelVersionHandlers(rooms: Rooms): DirectHandlers<ModelVersionMethod> {
  const { catalogue } = rooms.workspace;
  registerPublished(rooms);
  const keep = (version: ModelVersion): ModelVersion => {
    catalogue.modelVersions.put(version);
    changed(rooms, "model", version.id);
    return version;
  };
  return {
    "models.list": ({ retired }) => listEntries(rooms, retired),
    "models.candidates": ({ limit }) => candidates(rooms, limit),
    "models.get": ({ modelId }) => detailOf(rooms, modelId),
    "models.register": ({ runId, model }) => registerModel(rooms, modelDirectory(rooms, runId).run.id, model),
    "models.annotate": ({ modelId, note, intendedUse, limits }) => {
      const known = catalogue.modelVersions.get(modelId);
      return keep({
        ...known,
        note: note ?? known.note,
        intendedUse: intendedUse ?? known.intendedUse,
        limits: limits ?? known.limits,
      });
    },
    "models.alias": ({ modelId, aliases }) => alias(rooms, modelId, aliases),
    "models.retire": ({ modelId, retired }) => {
      const { retiredAt: _before, ...known } = catalogue.modelVersions.get(modelId);
      if (!retired) return keep(known);
      const live = publicationsOf(rooms, modelId).find(({ state }) => state === "active");
      if (live !== undefined)
        throw new ReelbenchError(
          "RB_CONFLICT",
          `${known.model} ${String(known.number)} is live on ${live.targetName}. Publish another version there or roll back, then retire it.`,
        );
      return keep({ ...known, aliases: [], retiredAt: new Date().toISOString() });
    },
    "models.download": ({ modelId, offset, limit }) => download(rooms, modelId, offset, limit),
  };
}

/** Takes the run's model into the registry under the next number, unless it is there. */
export function registerModel(rooms: Rooms, runId: string, model = defaultModel): ModelVersion {
  const { modelVersions, transaction } = rooms.workspace.catalogue;
  const version = transaction((): ModelVersion => {
    const known = modelVersions.find(runId);
    if (known !== undefined) return known;
    const made: ModelVersion = {
      id: runId,
      model,
      number: (modelVersions.ofModel(model)[0]?.number ?? 0) + 1,
      registeredAt: new Date().toISOString(),
      aliases: [],
      note: "",
      intendedUse: "",
      limits: "",
    };
    modelVersions.put(made);
    return made;
  });
  changed(rooms, "model", runId);
  return version;
}

/** What was published before there was a registry, in that order. */
function registerPublished(rooms: Rooms): void {
  const { publications, modelVersions, runs } = rooms.workspace.catalogue;
  for (const { runId, state, version } of publications.list().toReversed())
    if (
      state !== "failed" &&
      version !== "" &&
      modelVersions.find(runId) === undefined &&
      runs.find(runId) !== undefined
    )
      registerModel(rooms, runId);
}

function publicationsOf(rooms: Rooms, runId?: string): (ModelPublication & { readonly runId: string })[] {
  const { publications, targets } = rooms.workspace.catalogue;
  const names = new Map(targets.list().map(({ id, name }) => [id, name]));
  return publications.list().flatMap(({ gates: _gates, parity: _parity, ...publication }) => {
    const wanted = publication.version !== "" && (runId === undefined || publication.runId === runId);
    return wanted ? [{ ...publication, targetName: names.get(publication.targetId) ?? "a removed target" }] : [];
  });
}

function listEntries(rooms: Rooms, retired: boolean): ModelEntry[] {
  const { modelVersions, runSummaries } = rooms.workspace.catalogue;
  const runs = new Map(runSummaries.all().map((run) => [run.id, run]));
  const publications = publicationsOf(rooms);
  return modelVersions.list().flatMap((version) => {
    const run = runs.get(version.id);
    if (run === undefined || (!retired && version.retiredAt !== undefined)) return [];
    return [{ version, run, publications: publications.filter(({ runId }) => runId === version.id) }];
  });
}

function candidates(rooms: Rooms, limit: number): MethodOutput<"models.candidates"> {
  const { modelVersions, runSummaries } = rooms.workspace.catalogue;
  const registered = new Set(modelVersions.list().map(({ id }) => id));
  const rows = runSummaries
    .all()
    .filter(
      ({ id, state, modelHash, missing, archivedAt }) =>
        state === "succeeded" &&
        modelHash !== null &&
        missing !== true &&
        archivedAt === undefined &&
        !registered.has(id),
    );
  return { total: rows.length, rows: rows.slice(0, limit) };
}

function alias(rooms: Rooms, modelId: string, aliases: readonly string[]): ModelVersion {
  const { modelVersions, transaction } = rooms.workspace.catalogue;
  const { moved, version } = transaction(() => {
    const known = modelVersions.get(modelId);
    if (known.retiredAt !== undefined && aliases.length > 0)
      throw new ReelbenchError("RB_CONFLICT", `${known.model} ${String(known.number)} is retired. Restore it first.`);
    const others = modelVersions
      .ofModel(known.model)
      .filter((other) => other.id !== modelId && other.aliases.some((name) => aliases.includes(name)));
    for (const other of others)
      modelVersions.put({ ...other, aliases: other.aliases.filter((name) => !aliases.includes(name)) });
    const renamed = { ...known, aliases: [...new Set(aliases)] };
    modelVersions.put(renamed);
    return { moved: others, version: renamed };
  });
  for (const { id } of [...moved, version]) changed(rooms, "model", id);
  return version;
}

async function detailOf(rooms: Rooms, modelId: string): Promise<ModelDetail> {
  const { catalogue } = rooms.workspace;
  const version = catalogue.modelVersions.get(modelId);
  const run = catalogue.runs.get(modelId);
  const known = { version, run, publications: publicationsOf(rooms, modelId), lineage: lineageOf(rooms, run) };
  const said = { card: modelCard(known), knownLimits: limitsOf(run, known.lineage) };
  const files = await bundleOf(rooms, modelId).catch((error: unknown) => {
    rooms.log(`The bundle of ${modelId} cannot be read: ${String(error)}`);
    return null;
  });
  if (files === null) return { ...known, bundle: null, python: null, ...said };
  return {
    ...known,
    bundle: {
      form: files.card.form,
      files: files.entries.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
      archiveName: `${files.folder}.tar`,
      archiveBytes: archiveBytes(files.entries),
    },
    python: files.python,
    ...said,
  };
}

function lineageOf(rooms: Rooms, run: Run): ModelDetail["lineage"] {
  const { catalogue } = rooms.workspace;
  const snapshot = catalogue.snapshots.get(run.snapshotId);
  const evaluated = run.refitOf === null ? null : catalogue.runs.find(run.refitOf);
  return {
    sources: snapshot.sourceIds.flatMap((id) => {
      const source = catalogue.sources.find(id);
      if (source === undefined) return [];
      const { name, createdAt, files, accepted, read } = source;
      return [{ id, name, createdAt, files, accepted, read }];
    }),
    snapshot,
    split: catalogue.splits.get(run.splitId),
    evaluatedBy: evaluated == null ? null : { id: evaluated.id, name: evaluated.name },
  };
}

interface BundleOnDisk {
  readonly folder: string;
  readonly directory: string;
  readonly card: BundleCard;
  readonly python: string;
  readonly entries: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    /** Of what lies on no disk. */
    readonly content?: Uint8Array;
  }[];
}

/**
 * What goes into the archive: the bundle as it lies on the disk, and a reader for Python, which bundles do not count as theirs.
 * Throws RB_NOT_FOUND or RB_CORRUPT.
 */
async function bundleOf(rooms: Rooms, modelId: string): Promise<BundleOnDisk> {
  const { model, number } = rooms.workspace.catalogue.modelVersions.get(modelId);
  const { directory } = modelDirectory(rooms, modelId);
  const cardBytes = await readFile(join(directory, "card.json"));
  const card = decodeCard(cardBytes);
  const python = pythonReader(card);
  const inMemory = (name: string, content: Uint8Array) => ({
    name,
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    content,
  });
  const entries = bundleFiles.map((name) =>
    name === "card.json" ? inMemory(name, cardBytes) : { name, ...card.parts[name] },
  );
  return {
    folder: `${fileName(model)}-${String(number)}`,
    directory,
    card,
    python,
    entries: [...entries, inMemory("score.py", new TextEncoder().encode(python))],
  };
}

function fileName(model: string): string {
  return (
    model
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")
      .slice(0, 60) || defaultModel
  );
}

async function download(
  rooms: Rooms,
  modelId: string,
  offset: number,
  limit: number,
): Promise<MethodOutput<"models.download">> {
  const { folder, directory, entries } = await bundleOf(rooms, modelId);
  const parts = await Promise.all(
    archivePieces(folder, entries, offset, limit).map(async (piece) => {
      if ("bytes" in piece) return piece.bytes;
      const content = entries.find(({ name }) => name === piece.name)?.content;
      if (content !== undefined) return content.subarray(piece.from, piece.from + piece.length);
      return readStretch(join(directory, piece.name), piece.from, piece.length);
    }),
  );
  return { total: archiveBytes(entries), base64: Buffer.concat(parts).toString("base64") };
}

/** Throws RB_CORRUPT where the file is shorter than the card says. */
async function readStretch(path: string, from: number, length: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    if (bytesRead !== length) throw new ReelbenchError("RB_CORRUPT", `${path} is shorter than its card says.`);
    return buffer;
  } finally {
    await file.close();
  }
}
