import { Badge } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";
import { useEngineAway } from "../../transport/engine-context.tsx";

const looks: Readonly<Record<Job["state"], { readonly label: string; readonly color: string }>> = {
  queued: { label: "Queued", color: "gray" },
  running: { label: "Running", color: "petrol" },
  succeeded: { label: "Succeeded", color: "green" },
  failed: { label: "Failed", color: "red" },
  cancelled: { label: "Cancelled", color: "gray" },
  interrupted: { label: "Interrupted", color: "orange" },
};

/** The same word and colour for a job's and a run's state everywhere. What ran in an engine that is gone does not run. */
export function StateBadge({ state }: { readonly state: Job["state"] }) {
  const away = useEngineAway();
  const { label, color } = looks[state];
  if (away && (state === "running" || state === "queued"))
    return <Badge color="gray">{`Was ${label.toLowerCase()}`}</Badge>;
  return (
    <Badge color={color} className={`rb-state-${state}`}>
      {label}
    </Badge>
  );
}
