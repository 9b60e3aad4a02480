import { Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { bySimplicity } from "../../../../core/contract/comparisons.ts";
import type { Run } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { BarPlot } from "../../charts/bar-plot.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { formatCount, formatDecimal, formatSigned } from "../../components/format/numbers.ts";
import { TextLink } from "../../components/link-button.tsx";
import { PagedTable } from "../../components/table/paged-table.tsx";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

const route = getRouteApi("/compare");
type UserRow = MethodOutput<"runs.perUser">["rows"][number];
const orders = [
  { value: "losses", label: "Largest losses" },
  { value: "wins", label: "Largest wins" },
  { value: "activity", label: "Most ratings" },
] as const;
/** Metrics that no single user has. */
const ofTheWhole = /^(?:coverage|gini|calibration-error)/u;

/** Which users a run serves better than the baseline, which worse, and who they are. */
export function UsersTab({ runs }: { readonly runs: readonly Run[] }) {
  const wanted = route.useSearch({ select: ({ baseline }) => baseline });
  const wantedMetric = route.useSearch({ select: ({ metric }) => metric });
  const navigate = route.useNavigate();
  const [wantedRun, setRun] = useState<string | null>(null);
  const [sort, setSort] = useState<(typeof orders)[number]["value"]>("losses");
  // The same baseline as the verdict's.
  const baseline = runs.find(({ id }) => id === wanted) ?? runs.toSorted(bySimplicity)[0];
  const others = runs.filter(({ id }) => id !== baseline?.id);
  const run = others.find(({ id }) => id === wantedRun) ?? others[0];
  const metrics = metricNames(runs).filter((name) => !ofTheWhole.test(name));
  const metric = metrics.find((name) => name === wantedMetric) ?? metrics[0];
  if (baseline === undefined || run === undefined || metric === undefined) {
    return (
      <Text size="sm" c="dimmed">
        Choose at least two finished runs of one split.
      </Text>
    );
  }
  return (
    <Stack gap="sm">
      <Group gap="md" align="flex-end">
        <Select
          label="Run"
          w={240}
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          value={run.id}
          onChange={setRun}
          allowDeselect={false}
        />
        <Text size="sm" mb={8}>
          against {baseline.name}
        </Text>
        <Select
          label="Metric"
          w={160}
          data={metrics.map((name) => ({ value: name, label: metricLabel(name) }))}
          value={metric}
          allowDeselect={false}
          onChange={(value) =>
            value !== null && void navigate({ search: (before) => ({ ...before, metric: value }), replace: true })
          }
        />
        <SegmentedControl
          aria-label="Order of the users"
          data={[...orders]}
          value={sort}
          onChange={(value) => setSort(orders.find((order) => order.value === value)?.value ?? "losses")}
        />
      </Group>
      <UsersOf key={`${run.id} ${baseline.id} ${metric}`} {...{ run, baseline, metric, sort }} />
    </Stack>
  );
}

interface UsersOfProps {
  readonly run: Run;
  readonly baseline: Run;
  readonly metric: string;
  readonly sort: (typeof orders)[number]["value"];
}

function UsersOf({ run, baseline, metric, sort }: UsersOfProps) {
  const { connection } = useEngine();
  const question = { runId: run.id, againstId: baseline.id, metric, sort };
  const answer = useQueryMethod("runs.perUser", { ...question, limit: 1 });
  return (
    <Answer of={answer} height={300} errorTitle="These runs cannot be compared user by user">
      {({ users, wins, ties, losses, histogram }) => (
        <>
          <Text size="sm">
            {run.name} serves {formatCount(wins)} of {formatCount(users)} users better than {baseline.name},{" "}
            {formatCount(losses)} worse, {formatCount(ties)} the same ({metricLabel(metric)}).
          </Text>
          {histogram.length > 0 && (
            <ChartFrame
              title={`Users by gain in ${metricLabel(metric)}`}
              description={`To the right of zero ${run.name} serves them better`}
              height={220}
              logAxes={["y"]}
              table={{
                columns: ["From", "To", "Users"],
                rows: histogram.map(({ from, to, users: n }) => [from, to, n]),
              }}
            >
              {(height) => (
                <BarPlot
                  bars={histogram.map(({ from, to, users: count }) => ({
                    label: formatDecimal((from + to) / 2, 3),
                    count,
                  }))}
                  height={height}
                  xLabel={`gain in ${metricLabel(metric)}`}
                  yLabel="users"
                  title={`Users by gain in ${metricLabel(metric)}`}
                />
              )}
            </ChartFrame>
          )}
          <PagedTable<UserRow>
            label="Users"
            height={300}
            page={(offset, limit) => ({
              queryKey: ["runs.perUser", { ...question, offset, limit }],
              queryFn: ({ signal }) => connection.request("runs.perUser", { ...question, offset, limit }, signal),
            })}
            columns={[
              {
                id: "user",
                header: "User",
                width: 180,
                cell: ({ userId }) => (
                  <TextLink
                    to="/recommendations"
                    search={{ run: [run.id, baseline.id], user: userId, snapshot: run.snapshotId, heldOut: true }}
                  >
                    {userId}
                  </TextLink>
                ),
              },
              {
                id: "ratings",
                header: "Ratings",
                width: 100,
                numeric: true,
                cell: ({ ratings }) => formatCount(ratings),
              },
              { id: "value", header: run.name, width: 180, numeric: true, cell: ({ value }) => formatMetric(value) },
              {
                id: "against",
                header: baseline.name,
                width: 180,
                numeric: true,
                cell: ({ against }) => formatMetric(against),
              },
              { id: "gain", header: "Gain", width: 120, numeric: true, cell: ({ gain }) => formatSigned(gain) },
            ]}
          />
        </>
      )}
    </Answer>
  );
}
