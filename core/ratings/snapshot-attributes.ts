import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import type { Snapshot } from "../contract/entities.ts";
import { exists } from "../files/atomic.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { attributeFiles } from "./source-files.ts";

/** What a snapshot says of users and items beside titles; null where its sources say nothing. */
export type SnapshotAttributes = {
  readonly known: NonNullable<Snapshot["attributes"]>;
  /** SHA-256 over all of it. */
  readonly digest: string;
} | null;

/** Another set of attributes makes another snapshot, none leaves the id what it was. */
export function idWith(id: string, attributes: SnapshotAttributes): string {
  if (attributes === null) return id;
  return `s${createHash("sha256").update(`${id}\n${attributes.digest}`).digest("hex").slice(0, 20)}`;
}

/** Brings what the sources say to the snapshot's numbers; where two say something of the same user or item, the first counts. */
export async function writeSnapshotAttributes(
  database: Database,
  sources: readonly string[],
  directory: string,
): Promise<SnapshotAttributes> {
  const [usersFile, itemsFile] = attributeFiles(directory);
  const [ofUsers, ofItems] = [0, 1].map((which) => sources.map((source) => attributeFiles(source)[which] ?? ""));
  const users = await collect(database, ofUsers ?? [], { file: usersFile, number: "u", id: "user_id", names: "users" });
  const items = await collect(database, ofItems ?? [], { file: itemsFile, number: "i", id: "item_id", names: "items" });
  if (users === null && items === null) return null;
  return {
    known: { users: users?.known ?? 0, items: items?.known ?? 0 },
    digest: `${users?.digest ?? ""} ${items?.digest ?? ""}`,
  };
}

interface Collected {
  readonly file: string;
  readonly number: "u" | "i";
  readonly id: "user_id" | "item_id";
  readonly names: "users" | "items";
}

async function collect(database: Database, files: readonly string[], { file, number, id, names }: Collected) {
  const there: string[] = [];
  for (const [index, path] of files.entries())
    if (await exists(path))
      there.push(`SELECT ${id}, words, ${String(index)} AS source FROM read_parquet(${sqlPath(path)})`);
  if (there.length === 0) return null;
  await database.run(
    `COPY (SELECT ${number}, words FROM final_${names}() JOIN all_${names} USING (${number}0)
       JOIN (SELECT ${id}, arg_min(words, source) AS words FROM (${there.join(" UNION ALL ")}) GROUP BY ${id}) USING (${id}) ORDER BY ${number})
     TO ${sqlPath(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return database.one(
    z.object({ known: integer, digest: z.string() }),
    `SELECT count(*) AS known, sha256(coalesce(string_agg(${number} || ' ' || to_json(words)::VARCHAR, chr(10) ORDER BY ${number}), '')) AS digest
     FROM read_parquet($1)`,
    [file],
  );
}

/** [users] and [items] words by dense index; null where a snapshot says nothing of them. */
export async function loadAttributes(
  directory: string,
  shape: { readonly users: number; readonly items: number },
): Promise<{
  readonly users: readonly (readonly string[])[] | null;
  readonly items: readonly (readonly string[])[] | null;
}> {
  const [users, items] = attributeFiles(directory);
  const load = async (file: string, number: "u" | "i", count: number) => {
    if (!(await exists(file))) return null;
    const rows = await withDatabase({ spillInto: dirname(directory) }, (database) =>
      database.all(
        z.object({ n: integer, words: z.array(z.string()) }),
        `SELECT ${number} AS n, words FROM read_parquet($1)`,
        [file],
      ),
    );
    const words = Array.from({ length: count }, (): readonly string[] => []);
    for (const row of rows) if (row.n >= 0 && row.n < count) words[row.n] = row.words;
    return words;
  };
  return { users: await load(users, "u", shape.users), items: await load(items, "i", shape.items) };
}
