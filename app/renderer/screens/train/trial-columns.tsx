import { Text } from "@mantine/core";
import type { Search, SearchStep } from "../../../../core/contract/searches.ts";
import { formatMetric, metricLabel } from "../../components/format/metrics.ts";
import { plainNotation } from "../../components/format/notation.ts";
import { formatGeneral } from "../../components/format/numbers.ts";
import { formatSeconds } from "../../components/format/times.ts";
import { StateBadge } from "../../components/shell/job-state.tsx";
import type { TextTable } from "../../components/table/copy-as.ts";
import type { DataColumn } from "../../components/table/data-table.tsx";

type Column = DataColumn<SearchStep>;

/** A column for each setting that is searched, between what was decided and what came of it. */
export function trialColumns(
  { metric, higherIsBetter, space, schedule }: Search,
  labelOf: (name: string) => string,
): readonly Column[] {
  const settings: readonly Column[] = space.map(({ name }) => ({
    id: `setting:${name}`,
    header: labelOf(name),
    name: plainNotation(labelOf(name)),
    width: Math.max(96, 28 + 8 * labelOf(name).length),
    numeric: true,
    value: ({ configuration }) => plain(configuration[name]),
    cell: ({ configuration }) => shown(configuration[name]),
  }));
  const budget: readonly Column[] =
    "resource" in schedule
      ? [
          {
            id: "budget",
            header: schedule.resource === "epochs" ? "Epochs" : "Users, %",
            width: 100,
            numeric: true,
            value: ({ budget: given }) =>
              given === null ? null : given.amount * (given.resource === "users" ? 100 : 1),
            cell: ({ budget: given }) =>
              given === null ? "all" : formatGeneral(given.amount * (given.resource === "users" ? 100 : 1)),
          },
        ]
      : [];
  return [
    { id: "trial", header: "Trial", width: 76, numeric: true, value: ({ trial }) => trial },
    {
      id: "state",
      header: "State",
      width: 124,
      value: ({ state }) => state,
      cell: ({ state }) => <StateBadge state={state} />,
    },
    ...budget,
    ...settings,
    {
      id: "value",
      header: metricLabel(metric),
      width: 130,
      numeric: true,
      bestFirst: higherIsBetter ? "high" : "low",
      value: ({ value }) => value,
      cell: ({ value }) => (value === null ? "–" : formatMetric(value)),
    },
    {
      id: "seconds",
      header: "Took",
      width: 100,
      numeric: true,
      value: ({ seconds }) => seconds,
      cell: ({ seconds }) => (seconds === null ? "–" : formatSeconds(seconds)),
    },
    {
      id: "error",
      header: "Why it failed",
      width: 300,
      value: ({ error }) => error?.message ?? null,
      cell: ({ error }) =>
        error === null ? null : (
          <Text size="xs" c="var(--rb-bad)" truncate title={error.message}>
            {error.message}
          </Text>
        ),
    },
  ];
}

function plain(value: number | boolean | string | undefined): number | string | null {
  return typeof value === "boolean" ? String(value) : (value ?? null);
}

function shown(value: number | boolean | string | undefined): string {
  return typeof value === "number" ? formatGeneral(value) : String(value ?? "–");
}

export function trialsAsText(columns: readonly Column[], steps: readonly SearchStep[]): TextTable {
  return {
    columns: columns.map(({ name, header }) => name ?? header),
    rows: steps.map((step) => columns.map(({ value }) => value(step))),
  };
}
