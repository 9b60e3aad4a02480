import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { source } from "../contract/entities.ts";
import type { Source } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { temporaryPath, writeFileAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import { parsePostgresUrl, withoutPassword } from "../publish/target-address.ts";
import { checkImport } from "../ratings/check-import.ts";
import { fetchPostgres, postgresVersion } from "../ratings/fetch-postgres.ts";
import type { DirectHandlers, JobHandlers } from "./handlers.ts";
import type { Rooms } from "./rooms.ts";

const originFile = "origin.json";
const origin = source.shape.origin.unwrap();

interface Connection {
  readonly url: string;
  readonly database: string;
}

/** Addresses with passwords, by the id a person works with. In memory alone: a new engine knows none. */
export type PostgresConnections = Map<string, Connection>;

export function importHandlers(connections: PostgresConnections): DirectHandlers<"postgres.connect"> {
  return {
    async "postgres.connect"({ url }) {
      const address = parsePostgresUrl(url).href;
      const version = await postgresVersion(address);
      const connectionId = `c${randomBytes(8).toString("hex")}`;
      const database = withoutPassword(address);
      connections.set(connectionId, { url: address, database });
      return { connectionId, database, version };
    },
  };
}

export function importJobs(
  rooms: Rooms,
  connections: PostgresConnections,
): JobHandlers<"sources.check" | "postgres.fetch"> {
  const { paths } = rooms.workspace;
  return {
    "sources.check": {
      lane: "data",
      title: ({ path }) => `Try the import of ${basename(path)}`,
      run: (request, context) => checkImport({ ...request, itemsPath: request.itemsPath }, paths.root, context),
    },
    "postgres.fetch": {
      lane: "data",
      title: () => "Fetch ratings from Postgres",
      async run({ connectionId, query, timeoutSeconds }, context) {
        const connection = connections.get(connectionId);
        if (connection === undefined)
          throw new ReelbenchError(
            "RB_NOT_FOUND",
            "The connection is not known any more: its password was kept in memory alone. Connect again.",
          );
        // Under a temporary name: should it never be imported, the workspace's next opening removes it.
        const folder = temporaryPath(paths.root);
        await mkdir(folder);
        try {
          const path = join(folder, "query.csv");
          const fetched = await fetchPostgres({ url: connection.url, query, timeoutSeconds }, path, context);
          const made = { kind: "postgres" as const, database: connection.database, query };
          await writeFileAtomic(join(folder, originFile), JSON.stringify(made), 0o600);
          return { path, ...fetched };
        } catch (error) {
          await rm(folder, { recursive: true, force: true });
          throw error;
        }
      },
    },
  };
}

/** The source with the query it came from, where it came from one; the fetched file has then done its work. */
export async function withOrigin(rooms: Rooms, imported: Source): Promise<Source> {
  const path = imported.files[0]?.path ?? "";
  const folder = dirname(path);
  const { root, sources } = rooms.workspace.paths;
  if (dirname(folder) !== root || basename(path) !== "query.csv") return imported;
  const found = await readJson(join(folder, originFile), z.strictObject(origin.shape)).catch(() => null);
  if (found === null) return imported;
  const kept = { ...imported, origin: found };
  await writeFileAtomic(join(sources, imported.id, "manifest.json"), `${JSON.stringify(kept, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  return kept;
}
