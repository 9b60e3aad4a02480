import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { findDeployment } from "../../core/production/deployments.ts";
import { startAgain, withBlind } from "./conditions.ts";
import type { Replica } from "./replica.ts";
import type { Stage } from "./stage.ts";
import type { Conditions } from "./traffic.ts";
import type { Ledger } from "./ledger.ts";

export interface Scene {
  readonly stage: Stage;
  readonly conditions: Conditions;
  readonly ledger: Ledger;
  readonly random: () => number;
  /** One of the servers, by chance. */
  readonly replica: Replica;
  /** Seconds that a lasting fault lasts. */
  readonly seconds: number;
  /** Does something while nobody else publishes, activates or rolls back. */
  alone(work: () => Promise<void>): Promise<void>;
}

export interface FaultKind {
  readonly name: string;
  /** Why it cannot be done here; null: it can. */
  readonly missing?: (stage: Stage) => string | null;
  run(scene: Scene): Promise<void>;
}

const last = ({ seconds }: Scene) => sleep(1000 * seconds);
const redisWires = ({ stage }: Scene) => stage.replicas.map(({ redisWire }) => redisWire);

/** Something wrong with the wires of all servers to Redis for a while. */
const redisFault = (name: string, disturb: (replica: Replica) => unknown): FaultKind => ({
  name,
  async run(scene) {
    for (const replica of scene.stage.replicas) await disturb(replica);
    await last(scene);
    for (const wire of redisWires(scene)) await wire.mend();
  },
});

const postgresFault = (name: string, disturb: (replica: Replica) => unknown): FaultKind => ({
  name,
  run: (scene) =>
    withBlind(scene, scene.stage.replicas, async () => {
      for (const replica of scene.stage.replicas) await disturb(replica);
      await last(scene);
      for (const { postgresWire } of scene.stage.replicas) await postgresWire.mend();
    }),
});

/** Cuts one server off from everything that keeps feedback but its own disk. */
async function cutOff(replica: Replica, work: () => Promise<void>): Promise<void> {
  await Promise.all([replica.postgresWire.cut(), replica.redisWire.cut()]);
  await work();
  await Promise.all([replica.postgresWire.mend(), replica.redisWire.mend()]);
}

/** A byte in the middle of every stored chunk is another one, after the checksums agreed. Nobody may serve it. */
async function publishCorrupt(scene: Scene): Promise<void> {
  const { stage, ledger, conditions } = scene;
  const good = (await findDeployment(stage.target.pool, stage.channel))?.version ?? "";
  const another = [...stage.versions.keys()].find((name) => name !== good && !ledger.broken.has(name)) ?? good;
  const { version } = (await stage.publish()).world;
  ledger.broken.add(version);
  await stage.target.pool.query(
    `update reelbench.artifact_chunks set data = set_byte(data, length(data) / 2, 255 - get_byte(data, length(data) / 2))
     where version = $1`,
    [version],
  );
  await stage.target.activate(version);
  await last(scene);
  for (const replica of stage.replicas) {
    const health = await replica.health();
    if (health?.status !== "degraded" || health.failure?.version !== version)
      ledger.breach(
        "unexpected answer",
        conditions.during,
        `${replica.name} does not say that it cannot load: ${JSON.stringify(health)}`,
      );
  }
  // Twice, so that what would be gone back to is a good one, too.
  await stage.target.activate(another);
  await stage.target.activate(good);
}

const services: readonly FaultKind[] = [
  {
    name: "Redis killed",
    run: ({ stage, seconds }) => stage.bounce(stage.redis, "kill", 1000 * seconds),
  },
  { name: "Redis restarted", run: ({ stage }) => stage.bounce(stage.redis, "stop", 0) },
  {
    name: "Postgres killed",
    run: (scene) =>
      withBlind(scene, scene.stage.replicas, () =>
        scene.stage.bounce(scene.stage.postgres, "kill", 1000 * scene.seconds),
      ),
  },
  {
    name: "Postgres restarted",
    run: (scene) => withBlind(scene, scene.stage.replicas, () => scene.stage.bounce(scene.stage.postgres, "stop", 0)),
  },
  {
    name: "Postgres and Redis killed",
    run: (scene) =>
      withBlind(scene, scene.stage.replicas, async () => {
        const { stage, seconds } = scene;
        await Promise.all([
          stage.bounce(stage.redis, "kill", 1000 * seconds),
          stage.bounce(stage.postgres, "kill", 1000 * seconds),
        ]);
      }),
  },
  {
    name: "feedback locked",
    run: (scene) =>
      withBlind(scene, scene.stage.replicas, async () => {
        const client = await scene.stage.target.pool.connect();
        try {
          await client.query("begin");
          await client.query("lock table reelbench.feedback in access exclusive mode");
          await last(scene);
        } finally {
          await client.query("rollback");
          client.release();
        }
      }),
  },
];

const wires: readonly FaultKind[] = [
  redisFault("Redis slow (0.2 s)", ({ redisWire }) => redisWire.delay(100)),
  redisFault("Redis silent", ({ redisWire }) => redisWire.freeze()),
  redisFault("Redis half open", ({ redisWire }) => redisWire.abandon()),
  redisFault("Redis answers torn", ({ redisWire }) => redisWire.tear(300)),
  postgresFault("Postgres slow (0.3 s)", ({ postgresWire }) => postgresWire.delay(150)),
  postgresFault("Postgres slow (4 s)", ({ postgresWire }) => postgresWire.delay(2_000)),
  postgresFault("Postgres silent", ({ postgresWire }) => postgresWire.freeze()),
  postgresFault("Postgres half open", ({ postgresWire }) => postgresWire.abandon()),
  postgresFault("Postgres answers torn", ({ postgresWire }) => postgresWire.tear(500)),
  {
    name: "one server without Postgres",
    run: (scene) =>
      withBlind(scene, [scene.replica], async () => {
        await scene.replica.postgresWire.cut();
        await last(scene);
        await scene.replica.postgresWire.mend();
      }),
  },
];

const servers: readonly FaultKind[] = [
  {
    name: "server killed",
    async run({ conditions, replica, random }) {
      await sleep(1500 * random());
      conditions.killedAt.set(replica, performance.now());
      await replica.kill();
      await startAgain(conditions, replica);
    },
  },
  {
    name: "server killed with feedback on its disk",
    async run(scene) {
      const { conditions, replica, random } = scene;
      await withBlind(scene, [replica], () =>
        cutOff(replica, async () => {
          await sleep(1500 + 1500 * random());
          conditions.killedAt.set(replica, performance.now());
          await replica.kill();
        }),
      );
      await startAgain(conditions, replica);
    },
  },
  {
    name: "server drained (SIGTERM)",
    async run({ conditions, replica, ledger }) {
      const begun = performance.now();
      const code = await replica.terminate();
      if (code !== 0)
        ledger.breach("not drained", conditions.during, `${replica.name} ended with ${code}; see ${replica.logFile}`);
      if (performance.now() - begun > 20_000)
        ledger.breach(
          "not drained",
          conditions.during,
          `${replica.name} took ${Math.round(performance.now() - begun)} ms`,
        );
      await startAgain(conditions, replica);
    },
  },
  {
    name: "scoring thread ended",
    async run(scene) {
      for (let n = 0; n < 4; n++) {
        for (const replica of scene.stage.replicas)
          replica.sabotage({ type: "end-scorer", slot: Math.floor(2 * scene.random()) });
        await sleep(250 * scene.seconds);
      }
    },
  },
  ...(
    [
      ["clock two minutes ahead", 120_000],
      ["clock an hour ahead", 3_600_000],
      ["clock an hour behind", -3_600_000],
    ] as const
  ).map(([name, milliseconds]): FaultKind => ({
    name,
    async run(scene) {
      scene.conditions.clocksMoved = true;
      scene.replica.sabotage({ type: "clock", milliseconds });
      await last(scene);
      scene.replica.sabotage({ type: "clock", milliseconds: 0 });
      // What was believed by that clock may be believed for as long as anything is without asking.
      await sleep(1000);
      scene.conditions.clocksMoved = false;
    },
  })),
  {
    name: "disk of the spool full",
    missing: ({ disk }) => (disk === null ? "no small file system can be mounted (it takes root on Linux)" : null),
    async run(scene) {
      const { stage } = scene;
      const [first] = stage.replicas;
      if (first === undefined || stage.disk === null) return;
      await stage.disk.fill();
      await withBlind(scene, [first], () => cutOff(first, () => last(scene)));
      await stage.disk.free();
    },
  },
  {
    name: "corrupt artefact published",
    run: (scene) => scene.alone(() => publishCorrupt(scene)),
  },
  {
    name: "requests without end",
    async run(scene) {
      const { replica } = scene;
      const { hostname, port } = new URL(replica.url);
      const sockets = Array.from({ length: 60 }, (_, n) => {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.on("error", () => undefined);
        // A third trickles its head, a third promises a body that never comes, a third sends a head without end.
        if (n % 3 === 1)
          socket.write(
            "POST /v1/feedback HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{",
          );
        else socket.write("GET /v1/version HTTP/1.1\r\nHost: x\r\n");
        const more = setInterval(
          () => socket.write(n % 3 === 0 ? "X-A: b\r\n" : n % 3 === 2 ? `X-B: ${"b".repeat(8000)}\r\n` : " "),
          200,
        );
        socket.once("close", () => clearInterval(more));
        return { socket, more };
      });
      const body = Buffer.alloc(3_000_000, 32);
      const huge = request(`${replica.url}/v1/feedback`, {
        method: "POST",
        agent: false,
        headers: { "Content-Type": "application/json" },
      });
      huge.on("error", () => undefined);
      huge.end(body);
      const longPath = await fetch(`${replica.url}/v1/users/${"u".repeat(12_000)}/recommendations`).catch(() => null);
      await longPath?.body?.cancel();
      await last(scene);
      for (const { socket, more } of sockets) {
        clearInterval(more);
        socket.destroy();
      }
      huge.destroy();
    },
  },
];

export const faultKinds: readonly FaultKind[] = [...services, ...wires, ...servers];
