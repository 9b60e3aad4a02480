import { Group, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { duplicatePolicies } from "./recipe-editing.ts";
import type { RecipeStep } from "./recipe-editing.ts";

interface StepFieldsProps {
  readonly step: RecipeStep;
  readonly onChange: (step: RecipeStep) => void;
}

/** The settings of one cleaning step. */
export function StepFields({ step, onChange }: StepFieldsProps) {
  switch (step.step) {
    case "dedupe":
      return (
        <Select
          aria-label="Which rating to keep"
          w={220}
          value={step.keep}
          data={duplicatePolicies}
          onChange={(keep) => keep !== null && onChange({ ...step, keep })}
        />
      );
    case "time-window":
      return (
        <Group gap="sm">
          <DateField label="From" time={step.from} endOfDay={false} onChange={(from) => onChange({ ...step, from })} />
          <DateField label="To" time={step.to} endOfDay onChange={(to) => onChange({ ...step, to })} />
        </Group>
      );
    case "k-core":
      return <Whole label="k" value={step.k} minimum={1} maximum={1000} onChange={(k) => onChange({ ...step, k })} />;
    case "minimum-ratings":
      return (
        <Group gap="sm">
          <Whole
            label="Per user"
            value={step.perUser}
            minimum={0}
            maximum={100_000}
            onChange={(perUser) => onChange({ ...step, perUser })}
          />
          <Whole
            label="Per film"
            value={step.perItem}
            minimum={0}
            maximum={100_000}
            onChange={(perItem) => onChange({ ...step, perItem })}
          />
        </Group>
      );
    case "exclude-users":
      return <Ids label="Users to leave out" ids={step.users} onChange={(users) => onChange({ ...step, users })} />;
    case "exclude-items":
      return <Ids label="Films to leave out" ids={step.items} onChange={(items) => onChange({ ...step, items })} />;
    case "rating-threshold":
      return (
        <Group gap="sm" align="flex-end">
          <NumberInput
            label="At least"
            value={step.minimum}
            w={120}
            onChange={(minimum) => typeof minimum === "number" && onChange({ ...step, minimum })}
          />
          <Switch
            label="Make all equal"
            checked={step.binarise}
            onChange={({ currentTarget }) => onChange({ ...step, binarise: currentTarget.checked })}
            mb={6}
          />
        </Group>
      );
  }
}

interface WholeProps {
  readonly label: string;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly onChange: (value: number) => void;
}

function Whole({ label, value, minimum, maximum, onChange }: WholeProps) {
  return (
    <NumberInput
      label={label}
      value={value}
      min={minimum}
      max={maximum}
      allowDecimal={false}
      clampBehavior="strict"
      w={120}
      onChange={(changed) => {
        if (typeof changed === "number" && Number.isInteger(changed)) onChange(changed);
      }}
    />
  );
}

function Ids({
  label,
  ids,
  onChange,
}: {
  readonly label: string;
  readonly ids: readonly string[];
  readonly onChange: (ids: string[]) => void;
}) {
  return (
    <TagsInput
      aria-label={label}
      size="xs"
      placeholder="Ids, separated by comma or Enter"
      splitChars={[",", " ", "\n"]}
      value={[...ids]}
      onChange={onChange}
    />
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly time: string | null;
  readonly endOfDay: boolean;
  readonly onChange: (time: string | null) => void;
}

/** A day in UTC, as the data's times are. */
function DateField({ label, time, endOfDay, onChange }: DateFieldProps) {
  return (
    <TextInput
      type="date"
      label={`${label} (UTC)`}
      value={time?.slice(0, 10) ?? ""}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === "" ? null : `${currentTarget.value}T${endOfDay ? "23:59:59" : "00:00:00"}Z`)
      }
    />
  );
}
