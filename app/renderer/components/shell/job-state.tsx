import { Badge } from "@mantine/core";
import type { Job } from "../../../../core/contract/entities.ts";

const looks: Readonly<Record<Job["state"], { readonly label: string; readonly color: string }>> = {
  queued: { label: "Queued", color: "gray" },
  running: { label: "Running", color: "petrol" },
  succeeded: { label: "Succeeded", color: "green" },
  failed: { label: "Failed", color: "red" },
  cancelled: { label: "Cancelled", color: "gray" },
  interrupted: { label: "Interrupted", color: "orange" },
};

/** The same word and colour for a job's and a run's state everywhere. */
export function StateBadge({ state }: { readonly state: Job["state"] }) {
  const { label, color } = looks[state];
  return (
    <Badge color={color} className={`rb-state-${state}`}>
      {label}
    </Badge>
  );
}
