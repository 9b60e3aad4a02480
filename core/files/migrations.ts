import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { ReelbenchError } from "../contract/errors.ts";

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** With Unix line ends, so that a checkout on Windows has the same. */
  readonly sql: string;
  readonly sha256: string;
}

/** The numbered SQL files of a folder, in order: `0001_name.sql`, `0002_…`. Throws RB_INTERNAL where there is a gap or nothing. */
export function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  const migrations = names.map((name) => {
    const number = Number.parseInt(/^(\d{4})_[a-z0-9_-]+\.sql$/.exec(name)?.[1] ?? "", 10);
    const sql = readFileSync(new URL(name, folder), "utf8").replaceAll("\r\n", "\n");
    return { number, name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
  });
  const wrong = migrations.findIndex(({ number }, index) => number !== index + 1);
  if (wrong !== -1 || migrations.length === 0) {
    throw new ReelbenchError(
      "RB_INTERNAL",
      `The migrations of this build are incomplete near "${migrations[wrong]?.name ?? "(none)"}" (${folder.pathname}).`,
    );
  }
  return migrations;
}
