import { NumberInput, Select } from "@mantine/core";
import { stoppingProblem } from "./stopping.ts";
import type { StoppingNumber, StoppingOptions } from "./stopping.ts";

interface StoppingFieldsProps {
  readonly options: StoppingOptions;
  readonly hasTime: boolean;
  readonly onChange: (options: StoppingOptions) => void;
}

/** When fits end by themselves, and by which ratings that is judged. */
export function StoppingFields({ options, hasTime, onChange }: StoppingFieldsProps) {
  const off = options.patience === "";
  const number = (name: StoppingNumber, label: string, description: string, placeholder: string) => (
    <NumberInput
      label={label}
      description={description}
      placeholder={placeholder}
      disabled={off && name !== "patience"}
      value={options[name]}
      error={stoppingProblem(options, name)}
      clampBehavior="none"
      onChange={(value) => onChange({ ...options, [name]: value })}
    />
  );
  return (
    <>
      {number(
        "patience",
        "Stop early, patience",
        "Ends a fit after so many judgements in a row without a better one",
        "–",
      )}
      {number("every", "Judged every, epochs", "Epochs from one judgement to the next", "1")}
      <Select
        label="Judged by"
        description="Of the ratings put aside"
        disabled={off}
        allowDeselect={false}
        data={[
          { value: "", label: "What the algorithm is for" },
          { value: "rmse", label: "RMSE" },
          { value: "mae", label: "MAE" },
          { value: "ndcg@10", label: "NDCG@10" },
          { value: "recall@10", label: "Recall@10" },
        ]}
        value={options.metric ?? ""}
        onChange={(metric) => metric !== null && onChange({ ...options, metric })}
      />
      <Select
        label="Put aside"
        description="Training ratings that judge; then all are learnt from"
        disabled={off}
        allowDeselect={false}
        data={[
          { value: "random", label: "Any ratings" },
          { value: "global-temporal", label: "The latest of all", disabled: !hasTime },
          { value: "per-user-temporal", label: "The latest of each user", disabled: !hasTime },
          { value: "leave-last-out", label: "The last of each user", disabled: !hasTime },
        ]}
        value={options.putAside}
        onChange={(putAside) => putAside !== null && onChange({ ...options, putAside })}
      />
      {number("share", "Share put aside, %", "Of the training ratings", "10")}
    </>
  );
}
