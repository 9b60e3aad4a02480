import { z } from "zod";
import { ask } from "../../core/production/ask.ts";
import { parseRow } from "../../core/production/database.ts";
import type { Database } from "../../core/production/database.ts";

/** So many wrong passwords in a row cost nothing but the answer. */
const freeTries = 5;
const firstLockSeconds = 30;
const longestLockSeconds = 3600;
/** After a quiet day all is forgotten. */
const forgetAfter = "1 day";

/** Seconds for which this address must wait before a password is looked at at all; 0 when it need not. */
export async function lockedSeconds(database: Database, emailIndex: Buffer): Promise<number> {
  const row = parseRow(
    z.object({ seconds: z.number() }),
    await ask(
      database,
      `select greatest(0, extract(epoch from locked_until - now()))::float8 as seconds
       from reelbench.login_failures where email_index = $1 and locked_until is not null`,
      [emailIndex],
    ),
  );
  return Math.ceil(row?.seconds ?? 0);
}

/** One more wrong password. From the sixth in a row on, the wait doubles: 30 s, 1 min, … up to an hour. Returns the wait. */
export async function recordFailure(database: Database, emailIndex: Buffer): Promise<number> {
  const failures = `case when f.failed_at < now() - interval '${forgetAfter}' then 1 else least(f.failures + 1, 1000) end`;
  const row = parseRow(
    z.object({ seconds: z.number() }),
    await ask(
      database,
      `insert into reelbench.login_failures as f (email_index, failures) values ($1, 1)
       on conflict (email_index) do update set failed_at = now(), failures = ${failures},
         locked_until = case when ${failures} > $2
           then now() + make_interval(secs => least($4, $3 * 2 ^ least(f.failures - $2, 20))) end
       returning coalesce(extract(epoch from f.locked_until - now()), 0)::float8 as seconds`,
      [emailIndex, freeTries, firstLockSeconds, longestLockSeconds],
    ),
  );
  return Math.ceil(row?.seconds ?? 0);
}

export async function forgetFailures(database: Database, emailIndex: Buffer): Promise<void> {
  await ask(database, "delete from reelbench.login_failures where email_index = $1", [emailIndex]);
}
