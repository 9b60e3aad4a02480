import { ActionIcon, Group, NumberInput, Select, SimpleGrid, Switch, Text, TextInput, Tooltip } from "@mantine/core";
import { IconRestore } from "@tabler/icons-react";
import { plainNotation } from "../../components/format/notation.ts";
import { Notation } from "../../components/notation.tsx";
import { fieldProblem, rangeText, stepOf } from "./hyperparameter-form.ts";
import type { FormValues, HyperparameterField } from "./hyperparameter-form.ts";

interface HyperparameterFieldsProps {
  readonly fields: readonly HyperparameterField[];
  readonly values: FormValues;
  readonly onChange: (values: FormValues) => void;
}

/** A form made from what the algorithm declares about itself. */
export function HyperparameterFields({ fields, values, onChange }: HyperparameterFieldsProps) {
  if (fields.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing to set.
      </Text>
    );
  }
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="md" verticalSpacing="sm">
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </SimpleGrid>
  );
}

interface FieldProps {
  readonly field: HyperparameterField;
  readonly value: FormValues[string] | undefined;
  readonly onChange: (value: FormValues[string]) => void;
}

function Field({ field, value, onChange }: FieldProps) {
  const changed = value !== field.default;
  return (
    <div>
      <Group gap={4} align="flex-end" wrap="nowrap">
        <div style={{ flex: 1, minWidth: 0 }}>
          <HyperparameterControl field={field} value={value} onChange={onChange} />
        </div>
        <Tooltip label={`Back to the default, ${String(field.default)}`}>
          <ActionIcon
            aria-label={`Reset ${plainNotation(field.label)} to ${String(field.default)}`}
            disabled={!changed}
            onClick={() => onChange(field.default)}
            mb={1}
          >
            <IconRestore size={15} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Text size="xs" c="dimmed" mt={3}>
        {field.description} {rangeText(field) !== "" && `(${rangeText(field)}; default ${String(field.default)})`}
      </Text>
    </div>
  );
}

/** The control that fits a field's kind. Without a label where a table's row names it. */
export function HyperparameterControl({
  field,
  value,
  onChange,
  hideLabel = false,
}: FieldProps & { readonly hideLabel?: boolean }) {
  const problem = fieldProblem(field, value);
  const named = hideLabel
    ? { "aria-label": plainNotation(field.label) }
    : { label: <Notation>{field.label}</Notation> };
  if (field.kind === "boolean") {
    return (
      <Switch {...named} checked={value === true} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
    );
  }
  if (field.kind === "choice") {
    return (
      <Select
        {...named}
        data={[...(field.choices ?? [])]}
        value={String(value)}
        error={problem}
        onChange={(choice) => choice !== null && onChange(choice)}
      />
    );
  }
  if (field.kind === "text") {
    return (
      <TextInput
        {...named}
        value={String(value)}
        error={problem}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  }
  return (
    <NumberInput
      {...named}
      value={typeof value === "number" ? value : ""}
      error={problem}
      step={stepOf(field, value)}
      allowDecimal={field.kind === "real"}
      clampBehavior="none"
      onChange={(typed) => onChange(typed)}
    />
  );
}
