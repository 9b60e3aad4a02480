import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiKey, revokeApiKey } from "../../core/production/api-keys.ts";
import type { ApiKeyScope } from "../../core/production/api-keys.ts";
import { servingTarget, testChannel } from "../../e2e/services/serving-target.ts";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { tcpProxy } from "../../e2e/services/tcp-proxy.ts";
import type { TcpProxy } from "../../e2e/services/tcp-proxy.ts";
import { createReplica } from "./replica.ts";
import type { Replica } from "./replica.ts";
import { postgresService, redisService, superuser } from "./services.ts";
import type { PostgresService, Service } from "./services.ts";
import { smallDisk } from "./small-disk.ts";
import type { SmallDisk } from "./small-disk.ts";
import { knownVersion } from "./world.ts";
import type { KnownVersion } from "./world.ts";

/** Everything a fault run plays on: services, two servers on wires of their own, versions, and a wire for the publisher. */
export interface Stage {
  readonly folder: string;
  readonly channel: string;
  readonly postgres: PostgresService;
  readonly redis: Service;
  readonly replicas: readonly Replica[];
  /** As a publisher has it: a wire that nobody disturbs. */
  readonly target: ServingTarget;
  readonly versions: Map<string, KnownVersion>;
  /** Where the first replica keeps what waits; null where no small disk can be had. */
  readonly disk: SmallDisk | null;
  /** Makes a version, uploads it and remembers what it must answer. */
  publish(): Promise<KnownVersion>;
  key(scopes: readonly ApiKeyScope[], expiresAt?: Date): Promise<{ readonly id: string; readonly key: string }>;
  revoke(keyId: string): Promise<void>;
  /** Kills a service and starts it again after `pause` milliseconds. */
  bounce(service: Service, how: "kill" | "stop", pause: number): Promise<void>;
  close(): Promise<void>;
}

export async function createStage(random: () => number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-faults-"));
  const [postgres, redis, disk] = await Promise.all([postgresService(), redisService(), smallDisk()]);
  const masterKeys = `1:${randomBytes(32).toString("base64")}`;
  const channel = testChannel;
  const publisherWire = await tcpProxy({ host: "127.0.0.1", port: postgres.port() });
  const target = await servingTarget(
    `postgres://${superuser}:${postgres.password}@127.0.0.1:${publisherWire.port}/postgres`,
  );
  const replicas = await Promise.all(
    ["alpha", "beta"].map((name, n) =>
      createReplica({
        ...{ name, folder, postgres, redis, channel, masterKeys },
        spool: n === 0 && disk !== null ? join(disk.folder, "spool") : join(folder, `${name}-spool`),
      }),
    ),
  );
  const versions = new Map<string, KnownVersion>();
  let published = 0;
  const publish = async () => {
    const number = ++published;
    const version = knownVersion(`v${number}`, `v${number}`, Math.floor(random() * 2 ** 31));
    versions.set(version.world.version, version);
    await target.upload(version.world);
    return version;
  };
  const wiresOf = (service: Service): TcpProxy[] =>
    service === redis
      ? replicas.map(({ redisWire }) => redisWire)
      : [publisherWire, ...replicas.map(({ postgresWire }) => postgresWire)];
  return {
    ...{ folder, channel, postgres, redis, replicas, target, versions, disk, publish },
    async key(scopes, expiresAt) {
      const { key, apiKey } = await createApiKey(target.pool, { name: "faults", scopes, expiresAt: expiresAt ?? null });
      return { id: apiKey.id, key };
    },
    revoke: async (keyId) => void (await revokeApiKey(target.pool, keyId)),
    async bounce(service, how, pause) {
      await (how === "kill" ? service.kill() : service.stop());
      // Where it was, nobody listens.
      for (const wire of wiresOf(service)) await wire.cut();
      await new Promise((resolve) => setTimeout(resolve, pause));
      await service.start();
      for (const wire of wiresOf(service)) {
        wire.retarget(service.port());
        await wire.mend();
      }
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      await target.close().catch(() => undefined);
      await publisherWire.close();
      await Promise.all([postgres.remove(), redis.remove(), disk?.remove()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
