import { randomBytes } from "node:crypto";
import type { Target } from "../contract/entities.ts";
import type { PasswordKeeping } from "../contract/publishing.ts";
import type { ParsedInput } from "../contract/methods.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { startLocalTarget } from "../publish/local-target.ts";
import type { LocalTarget } from "../publish/local-target.ts";
import { defaultChannel, parsePostgresUrl, parseRedisUrl, withoutPassword } from "../publish/target-address.ts";
import type { TargetAddress } from "../publish/target-address.ts";
import type { Secrets, TargetAddresses } from "../workspace/secrets.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

/** Every workspace has it: the bundled server on a Postgres of the workspace's own. */
export const localTarget: Target = { id: "local", name: "local", kind: "local" };

/** Retired versions that a target keeps for going back. */
export const keptVersions = (target: Target): number => (target.kind === "local" ? 5 : target.keepVersions);

export interface Targets {
  list(): Target[];
  get(targetId: string): Target;
  save(request: ParsedInput<"targets.save">): Promise<Target>;
  remove(targetId: string): Promise<void>;
  /** Where the target is, with passwords. Starts the local Postgres where needed. */
  addresses(targetId: string, context: WorkContext): Promise<TargetAddress>;
  /** Whether passwords are kept, and where. */
  passwords(): PasswordKeeping;
  close(): Promise<void>;
}

export function createTargets(rooms: Rooms, secrets: Secrets): Targets {
  const { catalogue, paths } = rooms.workspace;
  let local: Promise<LocalTarget> | undefined;
  if (catalogue.targets.find(localTarget.id) === undefined) catalogue.targets.put(localTarget);

  const startLocal = (context: WorkContext): Promise<LocalTarget> => {
    if (local !== undefined) return local;
    const starting = startLocalTarget(paths.root, context);
    local = starting;
    const forget = () => {
      if (local === starting) local = undefined;
    };
    starting.then(
      (started) =>
        started.onExit((reason) => {
          rooms.log(`The local target's Postgres ended: ${reason}`);
          forget();
        }),
      forget,
    );
    return starting;
  };

  return {
    list: () => catalogue.targets.list(),
    get: (id) => catalogue.targets.get(id),
    async save({ id, name, postgres, redis, environment, channel, keepVersions, passwords }) {
      const known = id === undefined ? undefined : catalogue.targets.get(id);
      if (known?.kind === "local") throw new ReelbenchError("RB_CONFLICT", "The local target cannot be changed.");
      const targetId = id ?? `t${randomBytes(8).toString("hex")}`;
      const before = await secrets.find(targetId);
      const given = {
        postgresUrl: withKnownPassword(parsePostgresUrl(postgres), before?.postgresUrl),
        redisUrl: redis === null ? null : withKnownPassword(parseRedisUrl(redis), before?.redisUrl ?? undefined),
      };
      const target: Target = {
        id: targetId,
        name,
        kind: "production",
        postgres: withoutPassword(given.postgresUrl),
        redis: given.redisUrl === null ? null : withoutPassword(given.redisUrl),
        environment: environment ?? known?.environment ?? "production",
        channel: channel ?? known?.channel ?? defaultChannel,
        keepVersions: keepVersions ?? known?.keepVersions ?? 5,
      };
      if (!hasPassword(given)) await secrets.remove(targetId);
      else if (passwords === "session") secrets.lend(targetId, given);
      else await secrets.set(targetId, given);
      catalogue.targets.put(target);
      changed(rooms, "target", targetId);
      return target;
    },
    async remove(id) {
      const target = catalogue.targets.get(id);
      if (target.kind === "local") throw new ReelbenchError("RB_CONFLICT", "Every workspace keeps its local target.");
      catalogue.targets.remove(target.id, new Date());
      await secrets.remove(target.id);
      changed(rooms, "target", target.id);
    },
    async addresses(id, context) {
      const target = catalogue.targets.get(id);
      if (target.kind === "local") {
        const { postgresUrl } = await startLocal(context);
        return { postgresUrl, redisUrl: null };
      }
      const known = (await secrets.find(target.id)) ?? { postgresUrl: target.postgres, redisUrl: target.redis };
      return {
        postgresUrl: withoutMask(known.postgresUrl),
        redisUrl: known.redisUrl === null ? null : withoutMask(known.redisUrl),
        channel: target.channel,
      };
    },
    passwords: () => ({ kept: secrets.kept, message: keeping[secrets.kept] }),
    async close() {
      const started = await local?.catch(() => undefined);
      await started?.stop();
    },
  };
}

const keeping: Readonly<Record<PasswordKeeping["kept"], string>> = {
  keychain: "Passwords are kept in this system's keychain, not in the workspace.",
  file: "Passwords are kept in secrets.json of the workspace, which only its owner can read.",
  nowhere:
    "There is no keychain here. Leave passwords out of URLs; PGPASSWORD or ~/.pgpass gives them where the engine runs.",
};

const hasPassword = ({ postgresUrl, redisUrl }: TargetAddresses): boolean =>
  new URL(postgresUrl).password !== "" || (redisUrl !== null && new URL(redisUrl).password !== "");

/** Without the password that stood there, the environment or ~/.pgpass must have it: `***` would be taken for one. */
function withoutMask(text: string): string {
  const url = new URL(text);
  if (url.password === "***") url.password = "";
  return url.href;
}

/** A form shows `***`; saved unchanged, it means the password that is known already. */
function withKnownPassword(url: URL, known: string | undefined): string {
  if (url.password === "***" && known !== undefined) url.password = new URL(known).password;
  return url.href;
}
