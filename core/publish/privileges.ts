import type { Pool } from "pg";
import { z } from "zod";
import type { PrivilegeReport } from "../contract/publishing.ts";
import { ask } from "../production/ask.ts";
import { parseRow, parseRows } from "../production/database.ts";

/**
 * What a publication does to each table of `reelbench` (every statement of `core/publish` and `core/production` that runs
 * under the publisher's role), and the bundled server's key. Tested by publishing with exactly this.
 */
const tables: Readonly<Record<string, readonly string[]>> = {
  migrations: ["SELECT"],
  versions: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  artifact_files: ["SELECT", "INSERT"],
  artifact_chunks: ["SELECT", "INSERT", "DELETE"],
  deployments: ["SELECT", "INSERT", "UPDATE"],
  deployment_history: ["SELECT", "INSERT"],
  catalogue_state: ["SELECT", "UPDATE"],
  items: ["SELECT", "INSERT", "UPDATE"],
  history_sets: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  histories: ["SELECT", "INSERT"],
  evaluations: ["SELECT", "INSERT"],
  evaluation_metrics: ["SELECT", "INSERT"],
  evaluation_segments: ["SELECT", "INSERT"],
  gate_results: ["SELECT", "INSERT", "DELETE"],
  servers: ["SELECT"],
  probe_rounds: ["SELECT", "INSERT", "UPDATE"],
  probe_requests: ["SELECT", "INSERT"],
  probe_answers: ["SELECT"],
  parity_results: ["SELECT", "INSERT"],
  experiments: ["SELECT"],
  feedback: ["SELECT"],
};

const roleRow = z.object({
  role: z.string(),
  quoted_role: z.string(),
  database: z.string(),
  quoted_database: z.string(),
  may_create: z.boolean(),
  may_temporary: z.boolean(),
  schema: z.boolean(),
  may_use: z.boolean().nullable(),
  owns: z.boolean().nullable(),
  rolsuper: z.boolean(),
  rolcreaterole: z.boolean(),
  rolcreatedb: z.boolean(),
  rolreplication: z.boolean(),
  rolbypassrls: z.boolean(),
  memberships: z.array(z.string()),
});

/**
 * What the connection's role may do on the target against what publishing needs, and the GRANTs that would make up for what
 * is missing. `migrates`: the schema has to be made or changed, which takes its owner. Reads system catalogues only.
 */
export async function reportPrivileges(pool: Pool, migrates: boolean): Promise<PrivilegeReport> {
  const role = parseRow(
    roleRow,
    await ask(
      pool,
      `select r.rolname as role, quote_ident(r.rolname) as quoted_role, current_database() as database,
         quote_ident(current_database()) as quoted_database,
         has_database_privilege(current_database(), 'CREATE') as may_create,
         has_database_privilege(current_database(), 'TEMPORARY') as may_temporary,
         n.oid is not null as schema, has_schema_privilege(n.oid, 'USAGE') as may_use,
         pg_has_role(r.oid, n.nspowner, 'USAGE') as owns,
         r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
         array(select m.rolname::text from pg_roles m where m.rolname like 'pg\\_%' and not r.rolsuper
           and pg_has_role(r.oid, m.oid, 'MEMBER') order by 1) as memberships
       from pg_roles r left join pg_namespace n on n.nspname = 'reelbench' where r.rolname = current_user`,
    ),
  );
  if (role === null) return { role: "", needed: [], excess: [], grants: [] };
  const needed: PrivilegeReport["needed"] = [];
  const grants: string[] = [];
  const need = (object: string, privileges: readonly string[], missing: readonly string[], grant: string) => {
    needed.push({ object, privileges: [...privileges], missing: [...missing] });
    if (missing.length > 0) grants.push(grant);
  };
  const create = migrates ? ["CREATE", "TEMPORARY"] : ["TEMPORARY"];
  const lacks = create.filter((privilege) => !(privilege === "CREATE" ? role.may_create : role.may_temporary));
  need(
    `database ${role.database}`,
    create,
    lacks,
    `GRANT ${lacks.join(", ")} ON DATABASE ${role.quoted_database} TO ${role.quoted_role};`,
  );
  if (role.schema && migrates && role.owns !== true) {
    need("schema reelbench", ["OWNER"], ["OWNER"], `ALTER SCHEMA reelbench OWNER TO ${role.quoted_role};`);
  }
  if (role.schema) {
    const missing = role.may_use === true ? [] : ["USAGE"];
    need("schema reelbench", ["USAGE"], missing, `GRANT USAGE ON SCHEMA reelbench TO ${role.quoted_role};`);
    for (const { table, privileges, missing: without } of await tablePrivileges(pool)) {
      need(
        `table reelbench.${table}`,
        privileges,
        without,
        `GRANT ${without.join(", ")} ON reelbench.${table} TO ${role.quoted_role};`,
      );
    }
  }
  return { role: role.role, needed, excess: excessOf(role), grants };
}

/** Tables that this schema version does not have yet come with the migration. */
async function tablePrivileges(pool: Pool) {
  const wanted = Object.entries(tables).flatMap(([table, privileges]) =>
    privileges.map((privilege) => ({ table, privilege })),
  );
  const held = parseRows(
    z.object({ table: z.string(), privilege: z.string(), held: z.boolean() }),
    await ask(
      pool,
      `select w.name as table, w.privilege, has_table_privilege(c.oid, w.privilege) as held
       from unnest($1::text[], $2::text[]) as w(name, privilege)
       join pg_class c on c.relname = w.name join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'reelbench'`,
      [wanted.map(({ table }) => table), wanted.map(({ privilege }) => privilege)],
    ),
  );
  return [...new Set(held.map(({ table }) => table))].map((table) => {
    const rows = held.filter((row) => row.table === table);
    return {
      table,
      privileges: rows.map(({ privilege }) => privilege),
      missing: rows.flatMap((row) => (row.held ? [] : [row.privilege])),
    };
  });
}

function excessOf(role: z.output<typeof roleRow>): string[] {
  const attributes: readonly (readonly [boolean, string])[] = [
    [role.rolsuper, "superuser: it may do anything, read the server's files and run its programs"],
    [role.rolcreaterole && !role.rolsuper, "CREATEROLE"],
    [role.rolcreatedb && !role.rolsuper, "CREATEDB"],
    [role.rolreplication && !role.rolsuper, "REPLICATION"],
    [role.rolbypassrls && !role.rolsuper, "BYPASSRLS"],
  ];
  return [
    ...attributes.flatMap(([held, name]) => (held ? [name] : [])),
    ...role.memberships.map((name) => `member of ${name}`),
  ];
}
