import { Badge, Card, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import type { Target } from "../../../../core/contract/entities.ts";
import type { ProductionMetrics, ProductionPoint } from "../../../../core/contract/production-metrics.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LinePlot } from "../../charts/line-plot.tsx";
import type { Series } from "../../charts/series.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatGeneral, formatShare } from "../../components/format/numbers.ts";
import { useQueryMethod } from "../../transport/hooks.ts";

/** Milliseconds; the engine looks at the servers by itself, this only fetches what it saw. */
const fetchEvery = 5000;

/** How the servers are doing, by what they say themselves. */
export function ProductionCharts({ target }: { readonly target: Target }) {
  const metrics = useQueryMethod("production.metrics", { targetId: target.id }, { refetchInterval: fetchEvery });
  return (
    <Card component="section" aria-label="Production metrics">
      <Title order={2} mb="xs">
        Production metrics
      </Title>
      <Answer of={metrics} height={120} errorTitle="The servers cannot be asked">
        {(known) => <Known metrics={known} />}
      </Answer>
    </Card>
  );
}

function Known({ metrics }: { readonly metrics: ProductionMetrics }) {
  const { servers, points } = metrics;
  if (servers.length === 0 && points.every(({ requests }) => requests === null)) {
    return (
      <Text size="sm" c="dimmed">
        No server to look at. Start the bundled server above; servers of your own that tell the target their address are
        found by themselves.
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Reached servers={servers} />
      {points.length < 2 ? (
        <Text size="sm" c="dimmed" role="status">
          Looking every {metrics.interval} seconds; the charts begin with the second look.
        </Text>
      ) : (
        <Charts metrics={metrics} />
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Online online={metrics.online} />
        <Drift drift={metrics.drift} />
      </SimpleGrid>
    </Stack>
  );
}

function Reached({ servers }: { readonly servers: ProductionMetrics["servers"] }) {
  return (
    <Stack gap={4}>
      {servers.map(({ url, failure, version, redis }) => (
        <Group key={url} gap="xs">
          <Badge color={failure === null ? "green" : "red"}>{failure === null ? "Answers" : "Not reachable"}</Badge>
          {redis === false && <Badge color="orange">Without Redis</Badge>}
          <Text size="sm">{url}</Text>
          <Text size="sm" c={failure === null ? "dimmed" : "var(--rb-bad)"}>
            {failure ?? (version === null ? "serves nothing yet" : `serves ${version}`)}
          </Text>
          {redis === false && (
            <Text size="sm">Its Redis does not answer: lists are right, but each server remembers only its own.</Text>
          )}
        </Group>
      ))}
      {servers.length === 0 && (
        <Text size="sm" c="dimmed">
          No server answers now; what was seen before is below.
        </Text>
      )}
    </Stack>
  );
}

type Measure = (point: ProductionPoint) => number | null;
interface Chart {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly lines: readonly { readonly label: string; readonly of: Measure }[];
}

const milliseconds =
  (of: Measure): Measure =>
  (point) => {
    const seconds = of(point);
    return seconds === null ? null : seconds * 1000;
  };
const percent =
  (of: Measure): Measure =>
  (point) => {
    const share = of(point);
    return share === null ? null : share * 100;
  };

const charts: readonly Chart[] = [
  {
    title: "Requests",
    description: "Answered a second, without probes",
    unit: "per second",
    lines: [{ label: "Requests", of: ({ requests }) => requests }],
  },
  {
    title: "Latency",
    description: "From a request's first byte to its answer's last, by the buckets of the server's histogram",
    unit: "ms",
    lines: [
      { label: "p50", of: milliseconds(({ p50 }) => p50) },
      { label: "p95", of: milliseconds(({ p95 }) => p95) },
      { label: "p99", of: milliseconds(({ p99 }) => p99) },
    ],
  },
  {
    title: "Errors",
    description: "Of the requests, those answered with 500 and above",
    unit: "%",
    lines: [{ label: "Errors", of: percent(({ errors }) => errors) }],
  },
  {
    title: "Cache hits",
    description: "Of the lists looked up, those found in memory or Redis",
    unit: "%",
    lines: [{ label: "Hits", of: percent(({ cacheHits }) => cacheHits) }],
  },
  {
    title: "Feedback",
    description: "Events taken a second",
    unit: "per second",
    lines: [{ label: "Events", of: ({ feedback }) => feedback }],
  },
];

function Charts({ metrics: { points, interval } }: { readonly metrics: ProductionMetrics }) {
  const now = Date.parse(points.at(-1)?.at ?? "");
  const minutes = (point: ProductionPoint) => (Date.parse(point.at) - now) / 60_000;
  const known = ({ lines }: Chart) => lines.some(({ of }) => points.some((point) => of(point) !== null));
  const unknown = charts.filter((chart) => !known(chart)).map(({ title }) => title);
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {charts.filter(known).map(({ title, description, unit, lines }) => (
          <ChartFrame
            key={title}
            title={title}
            description={description}
            height={170}
            logAxes={["y"]}
            table={{
              columns: ["Time", ...lines.map(({ label }) => `${label} (${unit})`)],
              rows: points.map((point) => [point.at, ...lines.map(({ of }) => of(point))]),
            }}
          >
            {(height) => (
              <LinePlot
                series={lines.map(({ label, of }): Series => ({
                  id: label,
                  label,
                  points: points.flatMap((point) => {
                    const value = of(point);
                    return value === null ? [] : [{ x: minutes(point), y: value }];
                  }),
                }))}
                height={height}
                title={title}
                xLabel="Minutes before the last look"
                yLabel={unit}
                gapAfter={(4 * interval) / 60}
              />
            )}
          </ChartFrame>
        ))}
      </SimpleGrid>
      {unknown.length > 0 && (
        <Text size="sm" c="dimmed">
          Nothing to show yet, as nobody has asked: {unknown.join(", ").toLowerCase()}.
        </Text>
      )}
    </Stack>
  );
}

function Online({ online }: { readonly online: ProductionMetrics["online"] }) {
  return (
    <div>
      <Title order={3}>Online hit rate</Title>
      {online.length === 0 ? (
        <Text size="sm" c="dimmed">
          Not measured yet: it needs lists that were shown and feedback to them.
        </Text>
      ) : (
        <Table fz="sm" aria-label="Online hit rate">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Version</Table.Th>
              <Table.Th>Arm</Table.Th>
              <Table.Th ta="right">Lists of the last day</Table.Th>
              <Table.Th ta="right">With a hit</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {online.map(({ version, arm, hitRate, answers }) => (
              <Table.Tr key={`${version} ${arm}`}>
                <Table.Td>{version}</Table.Td>
                <Table.Td>{arm === "" ? "everybody" : arm}</Table.Td>
                <Table.Td ta="right">{answers === null ? "–" : formatCount(answers)}</Table.Td>
                <Table.Td ta="right">{hitRate === null ? "–" : formatShare(hitRate)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}

/** The usual rule of thumb for a population stability index. */
function driftWord(psi: number): { readonly word: string; readonly color: string } {
  if (psi < 0.1) return { word: "stable", color: "green" };
  return psi < 0.25 ? { word: "shifted", color: "yellow" } : { word: "another population", color: "red" };
}

function Drift({ drift }: { readonly drift: ProductionMetrics["drift"] }) {
  return (
    <div>
      <Title order={3}>Drift</Title>
      {drift.length === 0 ? (
        <Text size="sm" c="dimmed">
          Not measured yet: it needs 100 pieces of feedback in a week.
        </Text>
      ) : (
        <Table fz="sm" aria-label="Drift">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Distribution</Table.Th>
              <Table.Th ta="right">Events</Table.Th>
              <Table.Th ta="right">PSI</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {drift.map(({ distribution, psi, events }) => (
              <Table.Tr key={distribution}>
                <Table.Td>{distribution}</Table.Td>
                <Table.Td ta="right">{events === null ? "–" : formatGeneral(events)}</Table.Td>
                <Table.Td ta="right">{formatDecimal(psi, 3)}</Table.Td>
                <Table.Td>
                  <Badge color={driftWord(psi).color}>{driftWord(psi).word}</Badge>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
