import { randomBytes } from "node:crypto";
import type { Target } from "../contract/entities.ts";
import type { ParsedInput } from "../contract/methods.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { WorkContext } from "../jobs/work-context.ts";
import { startLocalTarget } from "../publish/local-target.ts";
import type { LocalTarget } from "../publish/local-target.ts";
import { parsePostgresUrl, parseRedisUrl, withoutPassword } from "../publish/target-address.ts";
import type { TargetAddress } from "../publish/target-address.ts";
import type { Secrets } from "../workspace/secrets.ts";
import { changed } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";

/** Every workspace has it: the bundled server on a Postgres of the workspace's own. */
export const localTarget: Target = { id: "local", name: "local", kind: "local" };

export interface Targets {
  list(): Target[];
  get(targetId: string): Target;
  save(request: ParsedInput<"targets.save">): Promise<Target>;
  remove(targetId: string): Promise<void>;
  /** Where the target is, with passwords. Starts the local Postgres where needed. */
  addresses(targetId: string, context: WorkContext): Promise<TargetAddress>;
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
    async save({ id, name, postgres, redis }) {
      const known = id === undefined ? undefined : catalogue.targets.get(id);
      if (known?.kind === "local") throw new ReelbenchError("RB_CONFLICT", "The local target cannot be changed.");
      const targetId = id ?? `t${randomBytes(8).toString("hex")}`;
      const given = {
        postgresUrl: withKnownPassword(parsePostgresUrl(postgres), secrets.find(targetId)?.postgresUrl),
        redisUrl:
          redis === null
            ? null
            : withKnownPassword(parseRedisUrl(redis), secrets.find(targetId)?.redisUrl ?? undefined),
      };
      const target: Target = {
        id: targetId,
        name,
        kind: "production",
        postgres: withoutPassword(given.postgresUrl),
        redis: given.redisUrl === null ? null : withoutPassword(given.redisUrl),
      };
      await secrets.set(targetId, given);
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
      const known = secrets.find(target.id);
      if (known === undefined) {
        throw new ReelbenchError(
          "RB_NOT_FOUND",
          `The password of target "${target.name}" is not in this copy of the workspace. Save the target again with its URL.`,
        );
      }
      return known;
    },
    async close() {
      const started = await local?.catch(() => undefined);
      await started?.stop();
    },
  };
}

/** A form shows `***`; saved unchanged, it means the password that is known already. */
function withKnownPassword(url: URL, known: string | undefined): string {
  if (url.password === "***" && known !== undefined) url.password = new URL(known).password;
  return url.href;
}
