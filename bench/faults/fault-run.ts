import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./ask.ts";
import { checkRating, recover } from "./calm.ts";
import { balance, calmConditions } from "./conditions.ts";
import { faultKinds } from "./kinds.ts";
import type { FaultKind } from "./kinds.ts";
import { createLedger } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import { gatherPeople } from "./people.ts";
import type { People } from "./people.ts";
import { createStage } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { createTally } from "./tally.ts";
import type { Tally } from "./tally.ts";
import { startTraffic } from "./traffic.ts";

export interface FaultRunOptions {
  readonly faults: number;
  readonly seed: number;
  /** Names of kinds; empty: all. */
  readonly only: readonly string[];
  readonly minutes: number;
  readonly perSecond: number;
  /** Seconds that a fault lasts, at least and at most. */
  readonly lasts: readonly [number, number];
  /** How much longer than on a machine of its own everything may take: 1, or more where others work, too. */
  readonly patience: number;
  readonly say: (line: string) => void;
}

export interface FaultRun {
  readonly ledger: Ledger;
  readonly tally: Tally;
  /** Of each kind that was played: how often, and the recoveries' milliseconds. */
  readonly played: ReadonlyMap<string, readonly number[]>;
  /** Kinds that cannot be had here, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly answers: number;
  readonly switches: number;
  readonly seconds: number;
}

/** Two real servers on real services, under load, through faults drawn by a seed; and what became of every promise. */
export async function faultRun(options: FaultRunOptions): Promise<FaultRun> {
  const { say, patience } = options;
  const random = mulberry32(options.seed);
  const begun = performance.now();
  const stage = await createStage(random);
  const ledger = createLedger(options.patience, ({ breach, during, what }) =>
    say(`VIOLATION ${breach} (${during}): ${what}`),
  );
  const tally = createTally();
  const conditions = calmConditions();
  const played = new Map<string, number[]>();
  const skipped = new Map<string, string>();
  const balancer = balance(stage.replicas);
  try {
    const versions = [await stage.publish(), await stage.publish()];
    await stage.target.activate(versions[0]?.world.version ?? "");
    await Promise.all(stage.replicas.map((replica) => replica.start()));
    await recover(stage, ledger, "the start", patience);
    const people = await gatherPeople(stage);
    const traffic = startTraffic({
      ...{ stage, people, ledger, tally, conditions, perSecond: options.perSecond, patience },
      random: mulberry32(options.seed + 1),
    });
    await sleep(2_000);
    const publisher = keepSwitching(stage, people, ledger, mulberry32(options.seed + 2), () => conditions.during);

    for (const kind of drawFaults(options, stage, random, skipped)) {
      if (performance.now() - begun > 60_000 * options.minutes) {
        say(`the time is over after ${[...played.values()].flat().length} faults`);
        break;
      }
      const [least, most] = options.lasts;
      const replica = stage.replicas[Math.floor(random() * stage.replicas.length)] ?? stage.replicas[0];
      if (replica === undefined) break;
      conditions.during = kind.name;
      const revoking = sleep(500).then(() => people.retireKey().catch(() => undefined)); // Postgres may be what is gone.
      const seconds = least + (most - least) * random();
      await kind.run({ stage, conditions, ledger, random, replica, seconds, alone: publisher.paused });
      await revoking;
      const recovery = await recover(stage, ledger, kind.name, patience);
      played.set(kind.name, [...(played.get(kind.name) ?? []), recovery]);
      say(
        `${kind.name.padEnd(38)} whole again after ${(recovery / 1000).toFixed(1)} s; ${ledger.violations.length} violations`,
      );
      await publisher.paused(async () => {
        await recover(stage, ledger, kind.name, patience);
        await checkRating(stage, people, ledger, kind.name, patience);
      });
      const [first] = stage.replicas;
      if (first !== undefined) await people.refresh(first);
      if (random() < 0.3) await people.retireSession(stage.replicas);
      conditions.during = "calm";
      await sleep(500);
    }
    // What was revoked last is tried after it must be refused.
    await sleep(options.only.length > 0 && options.faults < 10 ? 1_000 : 9_000);
    await publisher.stop();
    await traffic.stop();
    if (traffic.unacknowledged() > 0)
      ledger.breach("not recovered", "the end", `${traffic.unacknowledged()} pieces of feedback are taken by nobody`);
    await recover(stage, ledger, "the end", patience);
    await ledger.checkFeedback(stage.target.pool);
    const { answers, switches } = await ledger.checkVersions(stage.target.pool, stage.channel);
    return { ledger, tally, played, skipped, answers, switches, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await balancer.stop();
    await stage.close();
  }
}

/** Every kind in turn, in an order drawn anew for each round. */
function* drawFaults(
  { faults, only }: FaultRunOptions,
  stage: Stage,
  random: () => number,
  skipped: Map<string, string>,
): Generator<FaultKind> {
  const wanted = faultKinds.filter(({ name }) => only.length === 0 || only.includes(name));
  const possible = wanted.filter(({ name, missing }) => {
    const why = missing?.(stage) ?? null;
    if (why !== null) skipped.set(name, why);
    return why === null;
  });
  for (let drawn = 0; drawn < faults && possible.length > 0;) {
    const round = possible.map((kind) => ({ kind, at: random() })).sort((a, b) => a.at - b.at);
    for (const { kind } of round.slice(0, faults - drawn)) {
      drawn++;
      yield kind;
    }
  }
}

/** Publishes, activates and rolls back the whole time, as operators do: over the API of whichever server there is. */
function keepSwitching(stage: Stage, people: People, ledger: Ledger, random: () => number, during: () => string) {
  let stopped = false;
  let pauses = 0;
  let switching: Promise<void> = Promise.resolve();
  const one = async () => {
    const dice = random();
    const replica = stage.replicas.find(({ inRotation }) => inRotation);
    if (replica === undefined) return;
    if (dice < 0.15 && stage.versions.size < 40) await stage.publish().catch(() => undefined); // Postgres may be gone.
    const names = [...stage.versions.keys()].filter((name) => !ledger.broken.has(name));
    const version = names[Math.floor(random() * names.length)] ?? "";
    const path = dice < 0.4 ? "/v1/deployment/rollback" : `/v1/versions/${version}/activate`;
    const { status, text } = await ask(replica, { method: "POST", path, credential: people.operator, body: {} });
    // Broken versions are only ever gone back to by chance, and what was half uploaded cannot be activated: 409.
    if (status === 500) ledger.breach("unexpected answer", during(), `${path}: ${text.slice(0, 300)}`);
  };
  const loop = (async () => {
    while (!stopped) {
      await sleep(1_200 + 1_500 * random());
      if (pauses > 0) continue;
      switching = one();
      await switching;
    }
  })();
  return {
    async paused(work: () => Promise<void>) {
      pauses++;
      await switching;
      await work().finally(() => pauses--);
    },
    async stop() {
      stopped = true;
      await loop;
    },
  };
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
