import type { Target } from "../../../../core/contract/entities.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

/** Milliseconds. Servers report every two seconds; the engine is not told when one no longer does. */
const statusInterval = 3000;

/**
 * What a target says of itself. The local one is asked only once something was published to it or its server runs:
 * asking starts its database, and looking at a screen should not.
 */
export function useTargetStatus(target: Target) {
  const publications = useQueryMethod("publications.list", { targetId: target.id });
  const server = useQueryMethod("servers.get", { targetId: target.id });
  const asked = target.kind === "production" || (publications.data?.length ?? 0) > 0 || server.data?.running === true;
  const status = useQueryMethod(
    "targets.status",
    { targetId: target.id },
    { enabled: asked, refetchInterval: asked ? statusInterval : false },
  );
  return { asked, status };
}

export type TargetStatusQuery = ReturnType<typeof useTargetStatus>;
