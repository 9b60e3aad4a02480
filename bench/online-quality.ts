/**
 * How long it takes to measure online quality, where all lists and all feedback are of the last minutes and a few users have most of them:
 *   node bench/online-quality.ts [--lists 1200000] [--feedback 100000]
 */
import { parseArgs } from "node:util";
import { createProductionPool } from "../core/production/database.ts";
import { measureOnlineQuality, onlineQuality } from "../core/production/exposures.ts";
import { servingTarget, testChannel } from "../e2e/services/serving-target.ts";
import { startPostgres } from "../e2e/services/start-postgres.ts";

const { values } = parseArgs({
  options: { lists: { type: "string", default: "1200000" }, feedback: { type: "string", default: "100000" } },
});
const [lists, feedback] = [Number(values.lists), Number(values.feedback)];

const postgres = await startPostgres();
const target = await servingTarget(postgres.url);
const pool = createProductionPool({ url: target.url, applicationName: "bench", statementTimeout: 600_000 });
try {
  // Three of four lists are for the same 200 of 6,040 users; 302 users, ten of those among them, give the feedback.
  await pool.query(
    `insert into reelbench.exposures (user_id, namespace, shown_at, id, channel, version, basis, first_rank, item_ids)
     select u::text, 'data', now() - ($1 - n) * interval '0.25 ms', gen_random_uuid(), $2, 'v1', 'history', 1,
       (select array_agg(((u * 37 + k) % 3706)::text) from generate_series(1, 10) k)
     from (select n, case when n % 20 < 15 then n % 200 else (n::bigint * 7919) % 6040 end as u from generate_series(1, $1::int) n) shown`,
    [lists, testChannel],
  );
  await pool.query(
    `insert into reelbench.feedback (user_id, namespace, idempotency_key, item_id, kind, value, occurred_at)
     select ((7 * (20 * n + 13)) % 6040)::text, 'data', n::text, ((20 * n + 13) % 3706)::text, 'rating', 4,
       now() - ($1 - n) * $2::float8 * interval '1 ms'
     from generate_series(1, $1::int) n`,
    [feedback, (0.25 * lists) / feedback],
  );
  await pool.query("analyze reelbench.exposures, reelbench.feedback");
  const started = performance.now();
  await measureOnlineQuality(pool, testChannel, { measuredFor: 0 });
  const seconds = (performance.now() - started) / 1000;
  const [measured] = await onlineQuality(pool, testChannel);
  if (measured === undefined) throw new Error("Nothing was measured.");
  process.stdout.write(
    `${lists} lists, ${feedback} pieces of feedback: ${seconds.toFixed(2)} s for ${measured.answers} lists of ${measured.users} users (${(100 * measured.sampled).toFixed(1)} % of all users), ${measured.hits} of them hits\n`,
  );
} finally {
  await pool.end();
  await target.close();
  await postgres.stop();
}
