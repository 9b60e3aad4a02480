import type { Pool } from "pg";
import { z } from "zod";

/** What must never happen, by the name it is reported under. */
export type Breach =
  | "lost"
  | "applied twice"
  | "altered"
  | "wrong version"
  | "wrong list"
  | "unauthorised"
  | "unexpected answer"
  | "not recovered"
  | "not drained"
  | "unserved rating";

export interface Violation {
  readonly breach: Breach;
  /** The fault during which, or after which, it was seen. */
  readonly during: string;
  readonly what: string;
}

export interface SentFeedback {
  /** The idempotency key. */
  readonly batch: string;
  readonly namespace: "data" | "account";
  readonly userId: string;
  readonly itemId: string;
  readonly rating: number;
  /** Where it is kept, as the first answer said; null until one said so. */
  kept: string | null;
  attempts: number;
}

/** One answer with a list, for judging when all switches are known. Times in milliseconds since the epoch. */
interface SeenVersion {
  readonly version: string;
  readonly begun: number;
  readonly ended: number;
  /** Since when, at the latest, its server could not know of a switch; null: it could. */
  readonly blindSince: number | null;
  readonly during: string;
}

/** How long ago what a server answers from may have been the live version at the latest: two loads of a small one (PUB-13). */
const switchAllowance = 5_000;

/** All that was promised by the servers, and all that they answered. */
export interface Ledger {
  readonly violations: Violation[];
  readonly sent: Map<string, SentFeedback>;
  breach(breach: Breach, during: string, what: string): void;
  sawVersion(seen: SeenVersion): void;
  /** Versions that are broken: no answer may come from them, and a switch to one changes nothing. */
  readonly broken: Set<string>;
  /** Every acknowledged piece of feedback stands in Postgres once and as it was sent, and nothing else does. */
  checkFeedback(pool: Pool): Promise<void>;
  /** Every answer came from a version that was live when it was asked for, as far as its server could know. */
  checkVersions(pool: Pool, channel: string): Promise<{ readonly answers: number; readonly switches: number }>;
}

const feedbackRow = z.object({
  user_id: z.string(),
  namespace: z.string(),
  idempotency_key: z.string(),
  item_id: z.string(),
  value: z.number().nullable(),
});
const switchRow = z.object({ version: z.string(), activated_at: z.date() });

/** `tell`: of each violation as it is found. */
export function createLedger(patience: number, tell: (violation: Violation) => void): Ledger {
  const violations: Violation[] = [];
  const sent = new Map<string, SentFeedback>();
  const seen: SeenVersion[] = [];
  const broken = new Set<string>();
  const breach: Ledger["breach"] = (kind, during, what) => {
    const violation = { breach: kind, during, what };
    violations.push(violation);
    tell(violation);
  };
  return {
    violations,
    sent,
    breach,
    broken,
    sawVersion: (answer) => void seen.push(answer),

    async checkFeedback(pool) {
      const { rows } = await pool.query(
        "select user_id, namespace, idempotency_key, item_id, value from reelbench.feedback",
      );
      const stored = new Map<string, number>();
      for (const row of z.array(feedbackRow).parse(rows)) {
        const batch = row.idempotency_key.split(":").at(-2) ?? "";
        // Two rows of one user about one item are one piece of feedback under two keys: no pair was sent twice.
        stored.set(batch, (stored.get(batch) ?? 0) + 1);
        const entry = sent.get(batch);
        if (
          entry === undefined ||
          entry.userId !== row.user_id ||
          entry.namespace !== row.namespace ||
          entry.itemId !== row.item_id ||
          entry.rating !== row.value
        )
          breach("altered", "the whole run", `${row.idempotency_key} of ${row.user_id} about ${row.item_id}`);
      }
      for (const { batch, kept, userId } of sent.values()) {
        const times = stored.get(batch) ?? 0;
        if (kept !== null && times === 0)
          breach("lost", "the whole run", `${batch} of ${userId}, acknowledged by ${kept}`);
        if (times > 1) breach("applied twice", "the whole run", `${batch} of ${userId}, ${times} times`);
      }
    },

    async checkVersions(pool, channel) {
      const { rows } = await pool.query(
        "select version, activated_at from reelbench.deployment_history where channel = $1 order by epoch",
        [channel],
      );
      const pointer = z
        .array(switchRow)
        .parse(rows)
        .map(({ version, activated_at }) => ({ version, at: activated_at.getTime() }));
      const switches = pointer.filter(({ version }) => !broken.has(version));
      /** Whether a version was the live one at any moment from then to then. */
      const wasLive = (version: string, from: number, to: number) =>
        switches.some(
          (each, n) =>
            each.version === version && each.at <= to && (switches[n + 1]?.at ?? Number.POSITIVE_INFINITY) >= from,
        );
      /** Since when the pointer named nothing that can be loaded, if it did at any moment from then to then. */
      const brokenSince = (from: number, to: number) =>
        pointer.find(
          (each, n) =>
            broken.has(each.version) && each.at <= to && (pointer[n + 1]?.at ?? Number.POSITIVE_INFINITY) >= from,
        )?.at;
      const allowance = patience * switchAllowance;
      for (const { version, begun, ended, blindSince, during } of seen) {
        let from = Math.min(begun, blindSince ?? begun) - allowance;
        // It keeps what it serves, though it may not have had the time to load what was named before.
        for (let since = brokenSince(from, begun); since !== undefined && since - allowance < from;) {
          from = since - allowance;
          since = brokenSince(from, begun);
        }
        if (broken.has(version) || !wasLive(version, from, ended)) {
          const over = switches.findLast(({ at }, n) => at <= begun && switches[n - 1]?.version === version);
          const late =
            over === undefined
              ? "never live before"
              : `${(begun - over.at).toFixed(0)} ms after ${over.version} was live`;
          breach("wrong version", during, `${version} at ${new Date(begun).toISOString()}, ${late}`);
        }
      }
      return { answers: seen.length, switches: switches.length };
    },
  };
}
