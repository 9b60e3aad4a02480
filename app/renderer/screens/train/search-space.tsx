import { Checkbox, Group, MultiSelect, NumberInput, Switch, Table, Text } from "@mantine/core";
import type { AlgorithmInfo } from "../../../../core/contract/entities.ts";
import type { SearchDimension } from "../../../../core/contract/searches.ts";
import { plainNotation } from "../../components/format/notation.ts";
import { Notation } from "../../components/notation.tsx";
import { HyperparameterControl } from "./hyperparameter-fields.tsx";
import type { DraftDimension, SearchDraft } from "./search-draft.ts";

interface SpaceTableProps {
  readonly info: AlgorithmInfo;
  readonly fields: readonly SearchDimension[];
  readonly draft: SearchDraft;
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (draft: SearchDraft) => void;
}

/** Each setting of the algorithm: searched in a range, or held at a value. */
export function SpaceTable({ info, fields, draft, problems, onChange }: SpaceTableProps) {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const isDoubled = (name: string) =>
    draft.purpose === "settings" && draft.schedule === "doubling" && name === "factors";
  return (
    <Table.ScrollContainer minWidth={700}>
      <Table aria-label="Settings to search" fz="sm" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {draft.purpose === "settings" && <Table.Th w={80}>Search</Table.Th>}
            <Table.Th w={220}>Setting</Table.Th>
            <Table.Th>{draft.purpose === "settings" ? "Range, or the value it is held at" : "Value"}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {info.hyperparameters.map((field) => {
            const dimension = byName.get(field.name);
            const drafted = draft.dimensions[field.name];
            const searched = draft.purpose === "settings" && drafted?.searched === true && !isDoubled(field.name);
            const change = (part: Partial<DraftDimension>) =>
              drafted !== undefined &&
              onChange({ ...draft, dimensions: { ...draft.dimensions, [field.name]: { ...drafted, ...part } } });
            return (
              <Table.Tr key={field.name}>
                {draft.purpose === "settings" && (
                  <Table.Td>
                    <Checkbox
                      aria-label={`Search ${plainNotation(field.label)}`}
                      disabled={dimension === undefined || isDoubled(field.name)}
                      checked={searched}
                      onChange={({ currentTarget }) => change({ searched: currentTarget.checked })}
                    />
                  </Table.Td>
                )}
                <Table.Td>
                  <Text size="sm" fw={500} title={field.description}>
                    <Notation>{field.label}</Notation>
                  </Text>
                </Table.Td>
                <Table.Td>
                  {isDoubled(field.name) ? (
                    <Text size="sm" c="dimmed">
                      doubled by the schedule
                    </Text>
                  ) : searched && dimension !== undefined && drafted !== undefined ? (
                    <RangeFields
                      label={plainNotation(field.label)}
                      dimension={dimension}
                      draft={drafted}
                      problem={problems[field.name]}
                      onChange={change}
                    />
                  ) : (
                    <div style={{ maxWidth: 220 }}>
                      <HyperparameterControl
                        field={field}
                        value={draft.fixed[field.name]}
                        hideLabel
                        onChange={(value) => onChange({ ...draft, fixed: { ...draft.fixed, [field.name]: value } })}
                      />
                    </div>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface RangeFieldsProps {
  readonly label: string;
  readonly dimension: SearchDimension;
  readonly draft: DraftDimension;
  readonly problem: string | undefined;
  readonly onChange: (part: Partial<DraftDimension>) => void;
}

function RangeFields({ label, dimension, draft, problem, onChange }: RangeFieldsProps) {
  if (dimension.kind === "choice") {
    return (
      <MultiSelect
        aria-label={`Values of ${label}`}
        maw={420}
        data={dimension.choices.map(String)}
        value={[...draft.choices]}
        error={problem}
        onChange={(choices) => onChange({ choices })}
      />
    );
  }
  const bound = (name: "minimum" | "maximum", says: string) => (
    <NumberInput
      aria-label={`${says} ${label}`}
      w={120}
      hideControls
      clampBehavior="none"
      allowDecimal={dimension.kind === "real"}
      error={problem !== undefined}
      value={draft[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <div>
      <Group gap="xs" wrap="nowrap">
        {bound("minimum", "Least")}
        <Text size="sm">to</Text>
        {bound("maximum", "Most")}
        <Switch
          ml="sm"
          label="logarithmic"
          checked={draft.logarithmic}
          onChange={({ currentTarget }) => onChange({ logarithmic: currentTarget.checked })}
        />
      </Group>
      {problem !== undefined && (
        <Text size="xs" c="var(--rb-bad)" mt={2} role="alert">
          {problem}
        </Text>
      )}
    </div>
  );
}
