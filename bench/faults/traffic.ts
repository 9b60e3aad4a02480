import { z } from "zod";
import { ask } from "./ask.ts";
import type { Answered, Asked } from "./ask.ts";
import type { Ledger, SentFeedback } from "./ledger.ts";
import type { People } from "./people.ts";
import type { Replica } from "./replica.ts";
import type { Stage } from "./stage.ts";
import type { Outcome, Sort, Tally } from "./tally.ts";
import { listLength, quietUsers, userIdOf } from "./world.ts";

/** What a fault does to what may be expected, for as long as it lasts and its servers recover. */
export interface Conditions {
  /** The kind of fault going on. */
  during: string;
  /** Per replica, in `performance.now()`: since when it could not ask Postgres, and until when. */
  readonly blind: Map<Replica, { since: number; until: number }>;
  /** Their clocks are wrong, so tokens and keys end early or late by them. */
  clocksMoved: boolean;
  /** When which replica was killed last, in `performance.now()`. */
  readonly killedAt: Map<Replica, number>;
}

export interface Traffic {
  stop(): Promise<void>;
  /** Feedback that nobody acknowledged yet. */
  unacknowledged(): number;
  under(): number;
}

const answer = z.object({ version: z.string(), basis: z.string(), items: z.array(z.object({ itemId: z.string() })) });
const kept = z.object({ kept: z.string() });
/** After a fault of Postgres a server finds it again within this time. */
const blindAfter = 8_000;
/** A revocation is in force within five seconds, and a request may have been on its way. */
const refusedWithin = 6_500;
const tick = 20;

/** People who ask, rate and switch, at `perSecond` requests a second whatever becomes of them. */
export function startTraffic(options: {
  readonly stage: Stage;
  readonly people: People;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly conditions: Conditions;
  readonly random: () => number;
  readonly perSecond: number;
  readonly patience: number;
}): Traffic {
  const { stage, people, ledger, tally, conditions, random, patience } = options;
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const waiting: { readonly entry: SentFeedback; readonly credential: string; readonly path: string }[] = [];
  let batches = 0;
  let under = 0;

  function blindSince(replica: Replica, begun: number): number | null {
    const trouble = conditions.blind.get(replica);
    if (trouble === undefined || begun > trouble.until + patience * blindAfter) return null;
    return performance.timeOrigin + trouble.since;
  }

  /** What became of it, and what is said of it in the books. */
  function judge(
    sort: Sort,
    replica: Replica,
    begun: number,
    during: string,
    got: Answered,
    credential: string,
  ): Outcome {
    const outcome = (): Outcome => {
      if (got.status === 200) return "answered";
      if ((conditions.killedAt.get(replica) ?? Number.NEGATIVE_INFINITY) >= begun) return "dead";
      if (got.status === 503 && got.headers["retry-after"] !== undefined) return "shed";
      // By a clock that is an hour ahead a token has expired.
      if (got.status === 401 && conditions.clocksMoved && credential.includes(".")) return "expired";
      return "failed";
    };
    const became = outcome();
    tally.count(during, sort, became, performance.now() - begun);
    if (became === "failed" && got.status !== 0 && got.status < 500)
      ledger.breach("unexpected answer", during, `${replica.name}: ${got.status} ${got.text.slice(0, 300)}`);
    return became;
  }

  async function recommend(replica: Replica, asked: Asked, quiet: number | null): Promise<void> {
    const { during } = conditions;
    const begun = performance.now();
    const got = await ask(replica, asked);
    if (judge("recommendations", replica, begun, during, got, asked.credential ?? "") !== "answered") return;
    const parsed = answer.safeParse(JSON.parse(got.text));
    if (!parsed.success) return ledger.breach("unexpected answer", during, got.text.slice(0, 300));
    const { version, items } = parsed.data;
    const known = stage.versions.get(version);
    const ids = items.map(({ itemId }) => itemId);
    ledger.sawVersion({
      version,
      begun: performance.timeOrigin + begun,
      ended: Date.now(),
      blindSince: blindSince(replica, begun),
      during,
    });
    const mixed =
      known === undefined ||
      got.headers["x-reelbench-version"] !== version ||
      !ids.every((id) => id.startsWith(`${known.prefix}-`));
    if (mixed) ledger.breach("wrong version", during, `${replica.name}: ${got.text.slice(0, 300)}`);
    else if (quiet !== null && !known.isRight(quiet, ids))
      ledger.breach("wrong list", during, `${replica.name}, ${userIdOf(quiet)}: ${got.text.slice(0, 500)}`);
  }

  async function sendFeedback({ entry, credential, path }: (typeof waiting)[number], replica: Replica): Promise<void> {
    const { during } = conditions;
    const begun = performance.now();
    const { userId, itemId, rating } = entry;
    entry.attempts++;
    const event = { itemId, kind: "rating", rating };
    const got = await ask(replica, {
      method: "POST",
      path,
      credential,
      idempotencyKey: entry.batch,
      body: { events: [path === "/v1/feedback" ? { userId, ...event } : event] },
    });
    if (judge("feedback", replica, begun, during, got, credential) === "answered")
      entry.kept ??= kept.parse(JSON.parse(got.text)).kept;
    else waiting.push({ entry, credential, path });
  }

  function newFeedback(): (typeof waiting)[number] {
    const number = batches++;
    const person = random() < 0.25 ? pick(people.persons) : undefined;
    const entry: SentFeedback = {
      batch: `b${number}`,
      namespace: person === undefined ? "data" : "account",
      userId: person?.accountId ?? `walker-${number % 300}`,
      // No two about the same item from the same person.
      itemId: `v${1 + (number % 3)}-${String(Math.floor(number / 300)).padStart(6, "0")}-${number % 300}`,
      rating: 0.5 + 0.5 * Math.floor(random() * 10),
      kept: null,
      attempts: 0,
    };
    ledger.sent.set(entry.batch, entry);
    const credential = person?.accessToken ?? people.writer;
    return { entry, credential, path: person === undefined ? "/v1/feedback" : "/v1/me/feedback" };
  }

  async function trespass(replica: Replica): Promise<void> {
    const { during } = conditions;
    const begun = performance.now();
    const refused = pick(people.refused.filter(({ since }) => begun > since));
    if (refused === undefined) return;
    const { credential, why } = refused;
    const got = await ask(replica, { path: "/v1/users/user-001/recommendations?n=5", credential });
    if (got.status !== 200) return;
    const blind = conditions.blind.get(replica);
    const blindUntil =
      refused.believedWithoutPostgres && blind !== undefined && begun < blind.until + patience * blindAfter;
    if (
      blindUntil ||
      begun < refused.since + patience * refusedWithin ||
      (refused.endsByClock && conditions.clocksMoved)
    )
      return;
    ledger.breach(
      "unauthorised",
      during,
      `${replica.name} let in ${why}, ${Math.round(begun - refused.since)} ms after`,
    );
  }

  async function one(): Promise<void> {
    const replica = pick(stage.replicas.filter(({ inRotation }) => inRotation));
    if (replica === undefined) return tally.count(conditions.during, "recommendations", "failed", 0);
    const dice = random();
    if (dice < 0.5) {
      const u = Math.floor(random() * quietUsers);
      const path = `/v1/users/${userIdOf(u)}/recommendations?n=${listLength}`;
      await recommend(replica, { path, credential: people.reader }, u);
    } else if (dice < 0.62) {
      const path = `/v1/users/walker-${Math.floor(random() * 300)}/recommendations?n=${listLength}`;
      await recommend(replica, { path, credential: people.reader }, null);
    } else if (dice < 0.74) {
      const credential = pick(people.persons)?.accessToken ?? "";
      await recommend(replica, { path: `/v1/me/recommendations?n=${listLength}`, credential }, null);
    } else if (dice < 0.97) {
      // Sent again until somebody says it is kept, under the same name; and now and then once more, as after a lost answer.
      const again = waiting.length > 0 && random() < 0.5 ? waiting.shift() : undefined;
      const feedback = again ?? newFeedback();
      await sendFeedback(feedback, replica);
      if (feedback.entry.kept !== null && random() < 0.1)
        await sendFeedback(feedback, pick(stage.replicas.filter(({ inRotation }) => inRotation)) ?? replica);
    } else await trespass(replica);
  }

  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += ((now - last) * options.perSecond) / 1000;
    last = now;
    for (; owed >= 1; owed--) {
      under++;
      void one().finally(() => under--);
    }
  }, tick);

  return {
    under: () => under,
    unacknowledged: () => waiting.length,
    async stop() {
      clearInterval(timer);
      while (under > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      // What is left is sent until it is kept.
      for (const deadline = Date.now() + 30_000; waiting.length > 0 && Date.now() < deadline;) {
        const next = waiting.shift();
        const replica = pick(stage.replicas.filter(({ inRotation }) => inRotation));
        if (next !== undefined && replica !== undefined) await sendFeedback(next, replica);
      }
    },
  };
}
