import { useNavigate } from "@tanstack/react-router";
import { tellFailure } from "../../components/feedback/tell.ts";
import { useJob } from "../../transport/hooks.ts";

/** Makes the built-in sample and shows its profile once it is there. */
export function useSample() {
  const navigate = useNavigate();
  const { start, busy, error } = useJob(
    "sample.create",
    ({ snapshotId }) => void navigate({ to: "/data/snapshots/$snapshotId", params: { snapshotId } }),
  );
  const create = () =>
    void start({}).catch((thrown: unknown) => tellFailure("The sample could not be created", thrown));
  return { create, busy, error };
}

export type Sample = ReturnType<typeof useSample>;
