import { Group, Switch, Table, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { Run } from "../../../../core/contract/entities.ts";
import { Notation } from "../../components/notation.tsx";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { inReadingOrder, parameterRows, settingTitle } from "./differences.ts";
import type { ParameterRow } from "./differences.ts";
import { showValue } from "./run-columns.tsx";
import { useSplitNames } from "./use-split-names.ts";

const route = getRouteApi("/compare");

/** What was set in each run; by default only what differs. */
export function ParametersTab({ runs }: { readonly runs: readonly Run[] }) {
  const differences = route.useSearch({ select: (search) => search.differences ?? true });
  const navigate = route.useNavigate();
  const { algorithm, setting } = useAlgorithmNames();
  const algorithms = runs.map((run) => run.algorithm);
  const splitName = useSplitNames();
  const labelOf = (name: string) => settingTitle(name, setting(name, algorithms));
  const shown = (name: string, value: ParameterRow["values"][number]) =>
    name === "algorithm" ? algorithm(String(value)) : name === "split" ? splitName(String(value)) : showValue(value);
  const all = inReadingOrder(parameterRows(runs), labelOf);
  const rows = differences && runs.length > 1 ? all.filter(({ differs }) => differs) : all;
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Switch
          label="Only differences"
          checked={differences}
          onChange={({ currentTarget }) => {
            const { checked } = currentTarget;
            void navigate({ search: (before) => ({ ...before, differences: checked }), replace: true });
          }}
        />
        <CopyMenu
          table={() => ({
            columns: ["parameter", ...runs.map(({ name }) => name)],
            rows: rows.map(({ name, values }) => [name, ...values.map((value) => value ?? null)]),
          })}
        />
      </Group>
      <Table.ScrollContainer minWidth={300 + runs.length * 130}>
        <Table fz="sm" aria-label="Parameters of the chosen runs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Parameter</Table.Th>
              {runs.map(({ id, name }) => (
                <Table.Th key={id} ta="right">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ name, values, differs }) => (
              <Table.Tr key={name}>
                <Table.Td fw={500} title={name}>
                  <Notation>{labelOf(name)}</Notation>
                </Table.Td>
                {values.map((value, index) => (
                  // One cell for each run, in the runs' order.
                  <Table.Td
                    key={runs[index]?.id ?? index}
                    ta="right"
                    style={
                      differs && !differences && runs.length > 1 ? { background: "var(--rb-selected)" } : undefined
                    }
                  >
                    {shown(name, value)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          Nothing differs: same algorithm, hyperparameters, seed and split.
        </Text>
      )}
    </>
  );
}
