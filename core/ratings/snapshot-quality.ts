import { dirname, join } from "node:path";
import { z } from "zod";
import type { Source } from "../contract/entities.ts";
import type { QualityFinding } from "../contract/snapshot-tables.ts";
import { coldBelow, everythingShare, fewestConstant, fewestInBurst } from "./account-rules.ts";
import { integer, sqlPath, withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { readSnapshotManifest } from "./manifests.ts";
import { snapshotFeatures } from "./snapshot-features.ts";

/** Before the web there were no ratings of films to collect. */
const earliestPlausible = Date.UTC(1995, 0, 1) / 1000;
const day = 86_400;

const factsRow = z.object({
  untimed: integer,
  early: integer,
  late: integer,
  whole_days: integer,
  timed: integer,
  values: integer,
});
type Facts = z.output<typeof factsRow>;

interface Known {
  readonly ratings: number;
  readonly users: number;
  readonly items: number;
  readonly facts: Facts;
  readonly common: { readonly rating: number; readonly n: number };
  readonly peak: { readonly day: number; readonly n: number; readonly median: number } | null;
  readonly people: z.output<typeof peopleRow>;
  readonly films: z.output<typeof filmsRow>;
  readonly now: number;
}

const peopleRow = z.object({
  cold: integer,
  constant: integer,
  burst: integer,
  everything: integer,
  most: integer,
  who: z.string(),
});
const filmsRow = z.object({ cold: integer, untitled: integer, repeated: integer, most: integer, which: z.string() });

/**
 * Looks for what spoils a model or its evaluation: the most serious first, then what was looked at and is in order. `sources` are
 * those the snapshot was made of, as far as they are still there.
 */
export async function snapshotQuality(directory: string, sources: readonly Source[]): Promise<QualityFinding[]> {
  const { ratings, users, items, createdAt } = await readSnapshotManifest(directory);
  const files = await snapshotFeatures(directory);
  return withDatabase({ spillInto: dirname(directory) }, async (database) => {
    const rows = `read_parquet(${sqlPath(join(directory, "ratings.parquet"))})`;
    const now = Date.parse(createdAt) / 1000 + day;
    const file = `read_parquet(${sqlPath(files.items)})`;
    const known: Known = {
      ratings,
      users,
      items,
      now,
      facts: await database.one(
        factsRow,
        `SELECT count(*) - count("time") AS untimed, count(*) FILTER ("time" < ${String(earliestPlausible)}) AS early, count(*) FILTER ("time" > ${String(now)}) AS late,
           count(*) FILTER ("time" % ${String(day)} = 0) AS whole_days, count("time") AS timed, count(DISTINCT rating) AS "values" FROM ${rows}`,
      ),
      common: await database.one(
        z.object({ rating: z.number(), n: integer }),
        `SELECT rating, count(*) AS n FROM ${rows} GROUP BY rating ORDER BY n DESC, rating LIMIT 1`,
      ),
      peak: await busiestDay(database, rows),
      people: await database.one(
        peopleRow,
        `SELECT count(*) FILTER (n < ${String(coldBelow)}) AS cold, count(*) FILTER (constant) AS constant, count(*) FILTER (burst) AS burst,
           count(*) FILTER (everything) AS everything, max(n) AS most, arg_max(user_id, n) AS who FROM read_parquet(${sqlPath(files.users)})`,
      ),
      films: await database.one(
        filmsRow,
        `SELECT count(*) FILTER (n < ${String(coldBelow)}) AS cold, count(*) FILTER (title IS NULL) AS untitled, max(n) AS most, arg_max(item_id, n) AS which,
           (SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM ${file} WHERE title IS NOT NULL GROUP BY lower(title), coalesce("year", 0) HAVING count(*) > 1)) AS repeated
         FROM ${file}`,
      ),
    };
    const findings = [
      ...sources.map(rejectedIn),
      ...timeFindings(known),
      ...ratingFindings(known),
      ...accountFindings(known),
      ...filmFindings(known),
    ];
    return findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  });
}

const severities: readonly QualityFinding["severity"][] = ["serious", "warning", "note", "good"];

async function busiestDay(database: Database, rows: string): Promise<Known["peak"]> {
  const [peak] = await database.all(
    z.object({ day: integer, n: integer, median: z.number(), days: integer }),
    `WITH days AS (SELECT "time" // ${String(day)} AS day, count(*) AS n FROM ${rows} WHERE "time" IS NOT NULL GROUP BY day)
     SELECT day, n, (SELECT median(n) FROM days) AS median, (SELECT count(*) FROM days) AS days FROM days ORDER BY n DESC, day LIMIT 1`,
  );
  return peak === undefined || peak.days < 30 ? null : peak;
}

/** One finding: `bad` where the count is at least the limit, else `good` with what was looked for. */
function judged(
  limit: { readonly serious?: number; readonly warning?: number; readonly note?: number },
  finding: Omit<QualityFinding, "severity">,
): QualityFinding {
  const share = finding.of === 0 ? 0 : finding.count / finding.of;
  const reached = (from: number | undefined) => from !== undefined && finding.count > 0 && share >= from;
  const severity = reached(limit.serious)
    ? "serious"
    : reached(limit.warning)
      ? "warning"
      : reached(limit.note)
        ? "note"
        : "good";
  return { ...finding, severity, drill: finding.count === 0 ? null : finding.drill };
}

function rejectedIn({ id, name, read, rejected }: Source): QualityFinding {
  return judged(
    { serious: 0.05, warning: 0.001, note: 0 },
    {
      id: `rejected-${id}`,
      title: `Records of ${name} that could not be read`,
      meaning:
        "They are kept aside with their reasons. Many of one kind: the file was read the wrong way; import it again.",
      count: rejected,
      of: read,
      unit: "records",
      drill: { table: "rejects", sourceId: id },
    },
  );
}

function timeFindings({ ratings, facts, now, peak }: Known): QualityFinding[] {
  const { untimed, early, late, whole_days: wholeDays, timed } = facts;
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  const findings = [
    judged(
      { warning: 0.5, note: 0 },
      {
        id: "untimed",
        title: "Ratings without a time",
        meaning: "Splits by time cannot place them, and a model may learn from the future without anybody noticing.",
        count: untimed,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { timed: false } },
      },
    ),
    judged(
      { serious: 0.01, warning: 0 },
      {
        id: "early",
        title: "Ratings from before 1995",
        meaning:
          "Hardly anybody rated films on a computer then: their times were read in the wrong unit, or stand for “unknown”.",
        count: early,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { time: { to: iso(earliestPlausible) } } },
      },
    ),
    judged(
      { serious: 0.001, warning: 0 },
      {
        id: "late",
        title: "Ratings from the future",
        meaning:
          "Later than this snapshot was made. In a split by time they are tested on; leave them out with a time window.",
        count: late,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { time: { from: iso(now) } } },
      },
    ),
    judged(
      { note: 0.5 },
      {
        id: "whole-days",
        title: "Ratings timed to the day only",
        meaning: "The order within a day is not known: “the last rating of each user” is then partly chance.",
        count: timed === 0 ? 0 : wholeDays,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { timed: true } },
      },
    ),
  ];
  if (peak === null) return findings;
  const unusual = peak.n > 20 * peak.median;
  return [
    ...findings,
    judged(unusual ? { warning: 0.05, note: 0.005 } : {}, {
      id: "busiest-day",
      title: `Ratings of the busiest day, ${iso(peak.day * day).slice(0, 10)}`,
      meaning: unusual
        ? `${String(Math.round(peak.n / peak.median))} times an ordinary day: perhaps an import of older ratings under one date.`
        : "Not unusually many.",
      count: peak.n,
      of: ratings,
      unit: "ratings",
      drill: { table: "rows", filter: { time: { from: iso(peak.day * day), to: iso((peak.day + 1) * day) } } },
    }),
  ];
}

function ratingFindings({ ratings, facts, common }: Known): QualityFinding[] {
  return [
    judged(facts.values === 1 ? { note: 0 } : { serious: 0.95, warning: 0.75 }, {
      id: "common-rating",
      title: `Ratings of ${String(common.rating)}, the most frequent`,
      meaning:
        facts.values === 1
          ? "All ratings are equal: they tell who watched what, not who liked it. Compare rankings, not errors."
          : "Where nearly all ratings are the same, a low error says little: compare with the biases.",
      count: common.n,
      of: ratings,
      unit: "ratings",
      drill: { table: "rows", filter: { rating: { from: common.rating, to: common.rating } } },
    }),
  ];
}

function accountFindings({ users, ratings, people }: Known): QualityFinding[] {
  const account = (id: "constant" | "burst" | "everything", title: string, meaning: string) =>
    judged(
      { serious: 0.05, warning: 0 },
      {
        id,
        title,
        meaning,
        count: people[id],
        of: users,
        unit: "users",
        drill: { table: "users", filter: { account: id } },
      },
    );
  return [
    account(
      "constant",
      "Users who always give the same rating",
      `At least ${String(fewestConstant)} ratings, all equal. They say nothing about taste and pull means towards them.`,
    ),
    account(
      "burst",
      "Users who gave nearly all within one hour",
      `At least ${String(fewestInBurst)} ratings in an hour: rather a script or an import than a person.`,
    ),
    account(
      "everything",
      "Users who rated most of the catalogue",
      `More than ${String(Math.round(everythingShare * 100))}% of the films: shops, families and scripts do; they dominate neighbourhoods.`,
    ),
    judged(
      { warning: 0.5, note: 0.05 },
      {
        id: "cold-users",
        title: `Users with fewer than ${String(coldBelow)} ratings`,
        meaning:
          "Little can be learnt about them. A k-core or minimum step leaves them out; then say so with the results.",
        count: people.cold,
        of: users,
        unit: "users",
        drill: { table: "users", filter: { ratings: { to: coldBelow - 1 } } },
      },
    ),
    judged(
      { serious: 0.2, warning: 0.05 },
      {
        id: "one-user",
        title: "Ratings of the most active user",
        meaning: "One account that gives so many decides what counts as popular.",
        count: people.most,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { userId: people.who } },
      },
    ),
  ];
}

function filmFindings({ items, ratings, films }: Known): QualityFinding[] {
  return [
    judged(
      { warning: 0.6, note: 0.05 },
      {
        id: "cold-items",
        title: `Films with fewer than ${String(coldBelow)} ratings`,
        meaning: "Models guess about them, and metrics over all films are mostly about these.",
        count: films.cold,
        of: items,
        unit: "films",
        drill: { table: "items", filter: { ratings: { to: coldBelow - 1 } } },
      },
    ),
    judged(
      { warning: 0.5, note: 0 },
      {
        id: "untitled",
        title: "Films without a title",
        meaning: "People cannot judge a list of ids. Import the ratings together with their file of titles.",
        count: films.untitled,
        of: items,
        unit: "films",
        drill: { table: "items", filter: { titled: false } },
      },
    ),
    judged(
      { warning: 0 },
      {
        id: "same-title",
        title: "Films that share title and year with another id",
        meaning: "Probably one film under two ids: its ratings are split, and both may be recommended side by side.",
        count: films.repeated,
        of: items,
        unit: "films",
        drill: { table: "items", filter: { sameTitle: true } },
      },
    ),
    judged(
      { warning: 0.1, note: 0.03 },
      {
        id: "one-film",
        title: "Ratings of the most rated film",
        meaning: "Where one film has so many, always recommending it looks good.",
        count: films.most,
        of: ratings,
        unit: "ratings",
        drill: { table: "rows", filter: { itemId: films.which } },
      },
    ),
  ];
}
