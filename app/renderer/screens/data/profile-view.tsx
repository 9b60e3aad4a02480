import { Alert, Box, Card, Group, List, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { Profile, Snapshot } from "../../../../core/contract/entities.ts";
import type { RowFilter } from "../../../../core/contract/snapshot-tables.ts";
import { BarPlot } from "../../charts/bar-plot.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LorenzPlot } from "../../charts/lorenz-plot.tsx";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatGeneral, formatShare } from "../../components/format/numbers.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { DrillLink } from "./drill-link.tsx";

/** What the ratings look like, before anything is trained on them. */
export function ProfileView({ snapshot }: { readonly snapshot: Snapshot }) {
  const profile = useQueryMethod("snapshots.profile", { snapshotId: snapshot.id });
  return (
    <Answer of={profile} height={520} errorTitle="The profile could not be made">
      {(known) => <ProfilePage profile={known} snapshot={snapshot} />}
    </Answer>
  );
}

interface ProfileProps {
  readonly profile: Profile;
  readonly snapshot: Snapshot;
}

function ProfilePage({ profile, snapshot }: ProfileProps) {
  const drill = { snapshotId: snapshot.id };
  return (
    <Stack gap="md">
      <Card>
        <Facts>
          <Fact label="Ratings">
            <DrillLink
              {...drill}
              to={{ table: "rows", filter: {} }}
              label={`Show all ${formatCount(profile.ratings)} ratings`}
            >
              {formatCount(profile.ratings)}
            </DrillLink>
          </Fact>
          <Fact label="Users">
            <DrillLink
              {...drill}
              to={{ table: "users", filter: {} }}
              label={`Show all ${formatCount(profile.users)} users`}
            >
              {formatCount(profile.users)}
            </DrillLink>
          </Fact>
          <Fact label="Films">
            <DrillLink
              {...drill}
              to={{ table: "items", filter: {} }}
              label={`Show all ${formatCount(profile.items)} films`}
            >
              {formatCount(profile.items)}
            </DrillLink>
          </Fact>
          <Fact label="Density" help="Share of all user × film pairs that were rated.">
            {formatShare(profile.density)}
          </Fact>
          <Fact label="Mean">{formatDecimal(profile.mean, 3)}</Fact>
          <Fact label="Median">{formatGeneral(profile.median)}</Fact>
          <Fact label="Standard deviation">{formatDecimal(profile.standardDeviation, 3)}</Fact>
          <Fact
            label="Gini of films"
            help="Inequality of ratings over films: 0 when every film has as many, near 1 when a few have nearly all. Above 0.8, popularity is hard to beat."
          >
            {formatDecimal(profile.giniItems, 3)}
          </Fact>
          <Fact label="Gini of users" help="Inequality of ratings over users: 0 when everybody rated as much.">
            {formatDecimal(profile.giniUsers, 3)}
          </Fact>
        </Facts>
      </Card>
      {profile.warnings.length > 0 && (
        <Alert color="yellow" icon={<IconInfoCircle size={18} />} title="What to keep in mind">
          <List size="sm">
            {profile.warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <RatingHistogram profile={profile} snapshot={snapshot} />
        <Concentration profile={profile} />
      </SimpleGrid>
      <Activity profile={profile} snapshot={snapshot} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Quantiles profile={profile} snapshot={snapshot} />
        <TopItems profile={profile} snapshot={snapshot} />
      </SimpleGrid>
    </Stack>
  );
}

function RatingHistogram({ profile, snapshot }: ProfileProps) {
  const show = useRows(snapshot.id);
  const bars = profile.ratingHistogram;
  // Bins of a fine scale are as wide as their middles are apart; a bar of a coarse one is a rating.
  const binned = bars.some(({ label, value }) => label !== String(value));
  const half = binned ? ((bars[1]?.value ?? 0) - (bars[0]?.value ?? 0)) / 2 : 0;
  return (
    <ChartFrame
      title="Ratings given"
      logAxes={["y"]}
      description="How often each rating was given"
      table={{
        columns: ["Rating", "Ratings", "Share"],
        rows: bars.map(({ label, count }) => [label, count, profile.ratings === 0 ? 0 : count / profile.ratings]),
      }}
    >
      {(height) => (
        <>
          <BarPlot
            bars={bars}
            height={height - 24}
            xLabel="rating"
            yLabel="ratings"
            title="Ratings given"
            onBar={(index) => {
              const value = bars[index]?.value;
              if (value !== undefined) show({ rating: { from: value - half, to: value + half } });
            }}
          />
          {bars.length <= 10 && (
            <Group gap={4} justify="center" aria-label="Ratings by their value" role="group" fz="sm">
              <Text size="xs" c="dimmed">
                Show those of
              </Text>
              {bars.map(({ label, value, count }) => (
                <Box key={label} miw={28} ta="center">
                  <DrillLink
                    snapshotId={snapshot.id}
                    to={{ table: "rows", filter: { rating: { from: value, to: value } } }}
                    label={`Show the ${formatCount(count)} ratings of ${label}`}
                  >
                    {label}
                  </DrillLink>
                </Box>
              ))}
            </Group>
          )}
        </>
      )}
    </ChartFrame>
  );
}

function Concentration({ profile }: { readonly profile: Profile }) {
  return (
    <ChartFrame
      title="Concentration on films"
      description={`Lorenz curve; Gini ${formatDecimal(profile.giniItems, 3)}. The dashed line is where every film had as many ratings`}
      table={{
        columns: ["Share of films, least rated first", "Share of ratings"],
        rows: profile.lorenzItems.map(({ share, ratings }) => [share, ratings]),
      }}
    >
      {(height) => <LorenzPlot of="films" curve={profile.lorenzItems} height={height} />}
    </ChartFrame>
  );
}

function Activity({ profile, snapshot }: ProfileProps) {
  const show = useRows(snapshot.id);
  if (profile.activity.length === 0) {
    return (
      <Card>
        <Title order={2} size="h3">
          Activity over time
        </Title>
        <Text size="sm" c="dimmed">
          These ratings have no times. Only random splits are possible, and they let a model learn from the future.
        </Text>
      </Card>
    );
  }
  const bars = profile.activity.map(({ month, count }) => ({ label: month, count }));
  return (
    <ChartFrame
      title="Activity over time"
      description="Ratings in each calendar month (UTC)"
      height={200}
      logAxes={["y"]}
      table={{ columns: ["Month", "Ratings"], rows: bars.map(({ label, count }) => [label, count]) }}
    >
      {(height) => (
        <BarPlot
          bars={bars}
          height={height}
          xLabel="month"
          yLabel="ratings"
          title="Activity over time"
          onBar={(index) => {
            const month = bars[index]?.label;
            if (month !== undefined) show({ time: monthRange(month) });
          }}
        />
      )}
    </ChartFrame>
  );
}

const quantileNames: Readonly<Record<string, string>> = { "0": "Minimum", "0.5": "Median", "1": "Maximum" };

function Quantiles({ profile, snapshot }: ProfileProps) {
  return (
    <Card>
      <Title order={2} size="h3">
        Ratings per user and per film
      </Title>
      <Text size="xs" c="dimmed" mb={4}>
        Of all users (films), this share has at most so many ratings
      </Text>
      <Table fz="sm" aria-label="Quantiles of ratings per user and per film">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Quantile</Table.Th>
            <Table.Th ta="right">Per user</Table.Th>
            <Table.Th ta="right">Per film</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {profile.ratingsPerUser.map(({ quantile, value }, index) => (
            <Table.Tr key={quantile}>
              <Table.Td>{quantileNames[String(quantile)] ?? formatShare(quantile).replace(".0%", "%")}</Table.Td>
              <Table.Td ta="right">
                <DrillLink
                  snapshotId={snapshot.id}
                  to={{ table: "users", filter: { ratings: { to: value } } }}
                  label={`Show users with at most ${formatGeneral(value)} ratings`}
                >
                  {formatGeneral(value)}
                </DrillLink>
              </Table.Td>
              <Table.Td ta="right">
                <DrillLink
                  snapshotId={snapshot.id}
                  to={{ table: "items", filter: { ratings: { to: profile.ratingsPerItem[index]?.value ?? 0 } } }}
                  label={`Show films with at most ${formatGeneral(profile.ratingsPerItem[index]?.value ?? 0)} ratings`}
                >
                  {formatGeneral(profile.ratingsPerItem[index]?.value ?? Number.NaN)}
                </DrillLink>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function TopItems({ profile, snapshot }: { readonly profile: Profile; readonly snapshot: Snapshot }) {
  return (
    <Card>
      <Title order={2} size="h3" mb={4}>
        Most rated films
      </Title>
      <Table fz="sm" aria-label="Most rated films">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Film</Table.Th>
            <Table.Th ta="right">Ratings</Table.Th>
            <Table.Th ta="right">Mean</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {profile.topItems.slice(0, 10).map(({ itemId, title, count, mean }) => (
            <Table.Tr key={itemId}>
              <Table.Td>
                <TextLink
                  to="/data/snapshots/$snapshotId"
                  params={{ snapshotId: snapshot.id }}
                  search={{ tab: "rows", item: itemId }}
                >
                  {title ?? itemId}
                </TextLink>
              </Table.Td>
              <Table.Td ta="right">{formatCount(count)}</Table.Td>
              <Table.Td ta="right">{formatDecimal(mean, 2)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

/** Goes to the rows of a snapshot that a filter lets through. */
function useRows(snapshotId: string): (where: RowFilter) => void {
  const navigate = useNavigate();
  return (where) =>
    void navigate({ to: "/data/snapshots/$snapshotId", params: { snapshotId }, search: { tab: "rows", where } });
}

/** From the first of a month ("2019-12") to the first of the next. */
function monthRange(month: string): { from: string; to: string } {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  return {
    from: new Date(Date.UTC(year, number - 1, 1)).toISOString(),
    to: new Date(Date.UTC(year, number, 1)).toISOString(),
  };
}
