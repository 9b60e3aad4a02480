import { NumberInput, Select, SimpleGrid } from "@mantine/core";
import type { AlgorithmInfo } from "../../../../core/contract/entities.ts";
import type { SamplerName, ScheduleName, SearchDraft } from "./search-draft.ts";

interface BudgetFieldsProps {
  readonly info: AlgorithmInfo;
  readonly draft: SearchDraft;
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (draft: SearchDraft) => void;
}

type NumberName =
  | "least"
  | "most"
  | "reduction"
  | "doubleFrom"
  | "doubleTo"
  | "following"
  | "trials"
  | "parallel"
  | "seed";

export const samplerLabels: Readonly<Record<SamplerName, string>> = {
  tpe: "TPE (learns from trials)",
  "quasi-random": "Sobol points (even cover)",
  random: "Random",
};
export const scheduleLabels: Readonly<Record<ScheduleName, string>> = {
  full: "Every trial in full",
  asha: "ASHA: the best go on",
  hyperband: "Hyperband: in brackets",
  median: "Stop below the median",
  doubling: "Double the factors",
};
const samplers: readonly SamplerName[] = ["tpe", "quasi-random", "random"];
const schedules: readonly ScheduleName[] = ["full", "asha", "hyperband", "median", "doubling"];

/** How trials are chosen, how much each is given, and how many there are. */
export function BudgetFields({ info, draft, problems, onChange }: BudgetFieldsProps) {
  const number = (name: NumberName, label: string, description: string) => (
    <NumberInput
      label={label}
      description={description}
      clampBehavior="none"
      value={draft[name]}
      error={problems[name]}
      onChange={(value) => onChange({ ...draft, [name]: value })}
    />
  );
  const seed = number("seed", "Seed", "Same seed, same search");
  if (draft.purpose === "data") {
    return (
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="md" verticalSpacing="sm">
        {number("least", "Smallest share of users", "Doubled until it is 1")}
        {seed}
      </SimpleGrid>
    );
  }
  const hasEpochs = info.hyperparameters.some(({ name }) => name === "epochs");
  const hasFactors = info.hyperparameters.some(({ name }) => name === "factors");
  const isLadder = draft.schedule !== "full" && draft.schedule !== "doubling";
  const unit = draft.resource === "epochs" ? "Epochs" : "Share of the users";
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="md" verticalSpacing="sm">
      <Select
        label="Sampler"
        description="How the next settings are chosen"
        data={samplers.map((value) => ({ value, label: samplerLabels[value] }))}
        value={draft.sampler}
        onChange={(sampler) => sampler !== null && onChange({ ...draft, sampler })}
      />
      <Select
        label="Pruner"
        description="How much each trial is given"
        data={schedules
          .filter((value) => value !== "doubling" || hasFactors)
          .map((value) => ({ value, label: scheduleLabels[value] }))}
        value={draft.schedule}
        onChange={(schedule) => schedule !== null && onChange({ ...draft, schedule })}
      />
      {number("trials", "Trials", "Settings that are tried")}
      {number("parallel", "At the same time", "They share the threads")}
      {isLadder && (
        <>
          <Select
            label="Dealt out"
            description="What a trial is given less of at first"
            data={[
              { value: "epochs", label: "Epochs of the fit", disabled: !hasEpochs },
              { value: "users", label: "Share of the users" },
            ]}
            value={draft.resource}
            onChange={(resource) =>
              resource !== null &&
              onChange({
                ...draft,
                resource,
                ...(resource === "users" ? { least: 0.1, most: 1 } : { least: 5, most: 60 }),
              })
            }
          />
          {number("least", "Least", unit)}
          {number("most", "Most", unit)}
          {number("reduction", "Reduction", "One in so many goes on")}
        </>
      )}
      {draft.schedule === "doubling" && (
        <>
          {number("doubleFrom", "From factors", "Where the other settings are searched first")}
          {number("doubleTo", "To factors", "Doubled until there")}
          {number("following", "Trials after each doubling", "Only near the best before")}
        </>
      )}
      {seed}
    </SimpleGrid>
  );
}
