import { Select } from "@mantine/core";
import type { AlgorithmInfo, Split } from "../../../../core/contract/entities.ts";
import { formatAgo } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

interface WarmStartProps {
  readonly algorithm: AlgorithmInfo;
  readonly split: Split;
  readonly value: string | null;
  readonly onChange: (runId: string | null) => void;
}

/** A run of the same algorithm on the same split, whose model the fit starts from. Nothing where there is none. */
export function WarmStart({ algorithm, split, value, onChange }: WarmStartProps) {
  const now = useNow(60_000);
  const { data: runs = [] } = useQueryMethod("runs.list", { splitId: split.id });
  const usable = runs.filter(
    (run) =>
      run.algorithm === algorithm.id && run.state === "succeeded" && run.modelHash !== null && run.refitOf === null,
  );
  if (!algorithm.offers.includes("warm-start") || usable.length === 0) return null;
  return (
    <Select
      label="Start from"
      description="A model trained on this split before, whose factors the fit goes on from"
      placeholder="The beginning"
      clearable
      clearButtonProps={{ "aria-label": "Start from the beginning" }}
      maw={420}
      data={usable.map(({ id, name, createdAt }) => ({ value: id, label: `${name} (${formatAgo(createdAt, now)})` }))}
      value={value}
      onChange={onChange}
    />
  );
}
