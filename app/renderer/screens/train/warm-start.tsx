import { Select } from "@mantine/core";
import type { AlgorithmInfo, Split } from "../../../../core/contract/entities.ts";
import { quotedForSearch } from "../../../../core/contract/run-search.ts";
import { formatAgo } from "../../components/format/times.ts";
import { useNow } from "../../components/format/use-now.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

interface WarmStartProps {
  readonly algorithm: AlgorithmInfo;
  readonly split: Split;
  readonly value: string | null;
  readonly onChange: (runId: string | null) => void;
}

/** The latest; older ones are seldom gone on from. */
const most = 100;

/** A run of the same algorithm on the same split, whose model the fit starts from. Nothing where there is none. */
export function WarmStart({ algorithm, split, value, onChange }: WarmStartProps) {
  const now = useNow(60_000);
  const isOffered = algorithm.offers.includes("warm-start");
  const where = `algorithm = ${quotedForSearch(algorithm.id)} and state = succeeded and refit = false`;
  const { data } = useQueryMethod("runs.query", { where, splitId: split.id, limit: most }, { enabled: isOffered });
  const usable = data?.rows.filter(({ modelHash }) => modelHash !== null) ?? [];
  if (!isOffered || usable.length === 0) return null;
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
