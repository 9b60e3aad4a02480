import { Text } from "@mantine/core";
import type { AlgorithmInfo, Hyperparameters, Split } from "../../../../core/contract/entities.ts";
import { formatQuantity } from "../../components/format/numbers.ts";
import { formatSeconds } from "../../components/format/times.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

interface TrainingNeedProps {
  readonly algorithm: AlgorithmInfo;
  readonly split: Split;
  readonly hyperparameters: Hyperparameters;
}

/** What memory the training would need, before it is started; what would fit where it does not. */
export function TrainingNeed({ algorithm, split, hyperparameters }: TrainingNeedProps) {
  const plan = useQueryMethod(
    "training.plan",
    { splitId: split.id, algorithm: algorithm.id, hyperparameters },
    { keepPrevious: true },
  );
  if (plan.data === undefined) return null;
  const { bytes, available, fits, message, expected } = plan.data;
  const time =
    expected === null
      ? " How long it takes is told once it has been trained here."
      : ` Takes about ${formatSeconds(expected.seconds)}, by ${formatQuantity(expected.precedents, "earlier training")}.`;
  return (
    <Text size="xs" c={fits ? "dimmed" : "red"} pl={30} role={fits ? undefined : "alert"}>
      {fits ? `Needs about ${inGibibytes(bytes)} of ${inGibibytes(available)} of memory.${time}` : message}
    </Text>
  );
}

function inGibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
