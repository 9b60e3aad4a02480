import { Badge, Card, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { EntityFilter } from "../../../../core/contract/snapshot-tables.ts";
import type { SnapshotInsight, SuspiciousAccount } from "../../../../core/contract/snapshot-insight.ts";
import { BarPlot } from "../../charts/bar-plot.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LorenzPlot } from "../../charts/lorenz-plot.tsx";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import { TextLink } from "../../components/link-button.tsx";
import { DataTable } from "../../components/table/data-table.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { DrillLink } from "./drill-link.tsx";

/** Who gave the ratings: how they use the scale, how few say how much, and which accounts look like no person. */
export function InsightView({ snapshot }: { readonly snapshot: Snapshot }) {
  const insight = useQueryMethod("snapshots.insight", { snapshotId: snapshot.id });
  return (
    <Answer of={insight} height={420} errorTitle="The users could not be looked at">
      {(known) => <Insight insight={known} snapshot={snapshot} />}
    </Answer>
  );
}

interface InsightProps {
  readonly insight: SnapshotInsight;
  readonly snapshot: Snapshot;
}

function Insight({ insight, snapshot }: InsightProps) {
  const { coldBelow, coldUsers, coldItems, suspiciousAccounts } = insight;
  const fewer = `fewer than ${String(coldBelow)} ratings`;
  return (
    <Stack gap="md">
      <Card>
        <Facts>
          <Fact label={`Cold users, ${fewer}`}>
            <Cold snapshot={snapshot} table="users" what="users" count={coldUsers} below={coldBelow} />
          </Fact>
          <Fact label={`Cold films, ${fewer}`}>
            <Cold snapshot={snapshot} table="items" what="films" count={coldItems} below={coldBelow} />
          </Fact>
          <Fact label="Suspicious accounts" help="See below for why each is.">
            {formatCount(suspiciousAccounts)}
          </Fact>
        </Facts>
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <ScaleUse insight={insight} snapshot={snapshot} />
        <UserMeans insight={insight} snapshot={snapshot} />
      </SimpleGrid>
      <UserConcentration insight={insight} />
      <Accounts insight={insight} snapshot={snapshot} />
    </Stack>
  );
}

interface ColdProps {
  readonly snapshot: Snapshot;
  readonly table: "users" | "items";
  readonly what: string;
  readonly count: number;
  readonly below: number;
}

/** How many have few ratings; leads to them where there are any. */
function Cold({ snapshot, table, what, count, below }: ColdProps) {
  const said = numberOf(count, snapshot[table]);
  if (count === 0) return said;
  return (
    <DrillLink
      snapshotId={snapshot.id}
      to={{ table, filter: { ratings: { to: below - 1 } } }}
      label={`Show the cold ${what}: ${said}`}
    >
      {said}
    </DrillLink>
  );
}

function numberOf(count: number, all: number): string {
  return `${formatCount(count)} (${formatShare(all === 0 ? 0 : count / all)})`;
}

/** Goes to the users that a filter lets through. */
function useUsers(snapshotId: string): (among: EntityFilter) => void {
  const navigate = useNavigate();
  return (among) =>
    void navigate({
      to: "/data/snapshots/$snapshotId",
      params: { snapshotId },
      search: { tab: "tables", list: "users", among },
    });
}

function ScaleUse({ insight: { scaleUse }, snapshot }: InsightProps) {
  const show = useUsers(snapshot.id);
  const bars = scaleUse.map(({ levels, users }) => ({ label: String(levels), count: users }));
  return (
    <ChartFrame
      title="Use of the scale"
      logAxes={["y"]}
      description="How many users gave so many different ratings; who gives only one says nothing with it"
      table={{ columns: ["Different ratings", "Users"], rows: scaleUse.map(({ levels, users }) => [levels, users]) }}
    >
      {(height) => (
        <BarPlot
          bars={bars}
          height={height}
          xLabel="different ratings"
          yLabel="users"
          title="Use of the scale"
          onBar={(index) => {
            const levels = scaleUse[index]?.levels;
            if (levels !== undefined) show({ levels: { from: levels, to: levels } });
          }}
        />
      )}
    </ChartFrame>
  );
}

function UserMeans({ insight: { userMeans }, snapshot }: InsightProps) {
  const show = useUsers(snapshot.id);
  const label = (from: number, to: number) => `${formatDecimal(from, 2)} – ${formatDecimal(to, 2)}`;
  return (
    <ChartFrame
      title="Generous and strict"
      logAxes={["y"]}
      description="Users by the mean of their ratings; the spread is what biases remove"
      table={{ columns: ["Mean", "Users"], rows: userMeans.map(({ from, to, users }) => [label(from, to), users]) }}
    >
      {(height) => (
        <BarPlot
          bars={userMeans.map(({ from, to, users }) => ({ label: label(from, to), count: users }))}
          height={height}
          xLabel="mean rating"
          yLabel="users"
          title="Generous and strict"
          onBar={(index) => {
            const bin = userMeans[index];
            if (bin !== undefined) show({ mean: { from: bin.from, to: bin.to } });
          }}
        />
      )}
    </ChartFrame>
  );
}

function UserConcentration({ insight: { lorenzUsers } }: { readonly insight: SnapshotInsight }) {
  return (
    <ChartFrame
      title="Concentration on users"
      description="Lorenz curve: the least active share of the users gave this share of the ratings. The dashed line is where all were as active"
      table={{
        columns: ["Share of users, least active first", "Share of ratings"],
        rows: lorenzUsers.map(({ share, ratings }) => [share, ratings]),
      }}
    >
      {(height) => <LorenzPlot of="users" curve={lorenzUsers} height={height} />}
    </ChartFrame>
  );
}

const reasonWords = {
  constant: "always the same rating",
  burst: "nearly all within an hour",
  everything: "most of the catalogue",
} as const;

function Accounts({ insight, snapshot }: InsightProps) {
  const { accounts, suspiciousAccounts } = insight;
  const columns: readonly DataColumn<SuspiciousAccount>[] = [
    {
      id: "user",
      header: "User",
      width: 160,
      value: ({ userId }) => userId,
      cell: ({ userId }) => (
        <TextLink
          to="/data/snapshots/$snapshotId"
          params={{ snapshotId: snapshot.id }}
          search={{ tab: "rows", user: userId }}
        >
          {userId}
        </TextLink>
      ),
    },
    {
      id: "reasons",
      header: "Why",
      width: 300,
      value: ({ reasons }) => reasons.map((reason) => reasonWords[reason]).join(", "),
      cell: ({ reasons }) =>
        reasons.map((reason) => (
          <Badge key={reason} color="orange" mr={6}>
            {reasonWords[reason]}
          </Badge>
        )),
    },
    { id: "ratings", header: "Ratings", width: 110, numeric: true, value: ({ ratings }) => ratings },
    { id: "levels", header: "Different", width: 110, numeric: true, value: ({ levels }) => levels },
    {
      id: "mean",
      header: "Mean",
      width: 100,
      numeric: true,
      value: ({ mean }) => mean,
      cell: ({ mean }) => formatDecimal(mean, 2),
    },
    { id: "hour", header: "Busiest hour", width: 130, numeric: true, value: ({ busiestHour }) => busiestHour },
  ];
  return (
    <Card padding={0}>
      <Title order={2} size="h3" px="md" pt="sm">
        Suspicious accounts
      </Title>
      <Text size="xs" c="dimmed" px="md" pb="sm">
        {suspiciousAccounts === 0
          ? "None: nobody gives one rating to everything, everything within an hour, or most of the catalogue."
          : `${formatQuantity(suspiciousAccounts, "account")}${accounts.length < suspiciousAccounts ? `, the first ${formatCount(accounts.length)} shown` : ""}. Look at their rows before leaving them out with a recipe: some are shops' or families'.`}
      </Text>
      {accounts.length > 0 && (
        <DataTable
          label="Suspicious accounts"
          columns={columns}
          rows={accounts}
          rowId={({ userId }) => userId}
          rowLabel={({ userId }) => userId}
          maxHeight={360}
        />
      )}
    </Card>
  );
}
