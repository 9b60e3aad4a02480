import type Database from "better-sqlite3";
import { modelVersion } from "../contract/model-versions.ts";
import type { ModelVersion } from "../contract/model-versions.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { parseDocument } from "./entity-table.ts";

export interface ModelVersionTable {
  find(id: string): ModelVersion | undefined;
  /** Throws RB_NOT_FOUND. */
  get(id: string): ModelVersion;
  /** The last registered first. */
  list(): ModelVersion[];
  ofModel(model: string): ModelVersion[];
  put(version: ModelVersion): void;
}

interface Row {
  readonly id: string;
  readonly document: string;
}

export function modelVersionTable(database: Database.Database): ModelVersionTable {
  const definition = { schema: modelVersion, noun: "model version" };
  const one = database.prepare<[string], Row>("SELECT id, document FROM model_versions WHERE id = ?");
  const all = database.prepare<[], Row>(
    "SELECT id, document FROM model_versions ORDER BY document ->> '$.registeredAt' DESC, model, number DESC",
  );
  const byModel = database.prepare<[string], Row>(
    "SELECT id, document FROM model_versions WHERE model = ? ORDER BY number DESC",
  );
  const upsert = database.prepare<[string, string]>(
    "INSERT INTO model_versions (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
  );
  const find = (id: string) => {
    const row = one.get(id);
    return row === undefined ? undefined : parseDocument(definition, row);
  };
  return {
    find,
    get(id) {
      const found = find(id);
      if (found === undefined)
        throw new ReelbenchError("RB_NOT_FOUND", `There is no registered model "${id}" in this workspace.`);
      return found;
    },
    list: () => all.all().map((row) => parseDocument(definition, row)),
    ofModel: (model) => byModel.all(model).map((row) => parseDocument(definition, row)),
    put: (version) => void upsert.run(version.id, JSON.stringify(version)),
  };
}
