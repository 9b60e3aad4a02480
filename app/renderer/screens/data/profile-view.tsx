import { Alert, Card, List, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { Profile, Snapshot } from "../../../../core/contract/entities.ts";
import { BarPlot } from "../../charts/bar-plot.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { LorenzPlot } from "../../charts/lorenz-plot.tsx";
import { Fact, Facts } from "../../components/fact.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatGeneral, formatShare } from "../../components/format/numbers.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

/** What the ratings look like, before anything is trained on them. */
export function ProfileView({ snapshot }: { readonly snapshot: Snapshot }) {
  const profile = useQueryMethod("snapshots.profile", { snapshotId: snapshot.id });
  return (
    <Answer of={profile} height={520} errorTitle="The profile could not be made">
      {(known) => <ProfilePage profile={known} snapshot={snapshot} />}
    </Answer>
  );
}

function ProfilePage({ profile, snapshot }: { readonly profile: Profile; readonly snapshot: Snapshot }) {
  return (
    <Stack gap="md">
      <Card>
        <Facts>
          <Fact label="Ratings">{formatCount(profile.ratings)}</Fact>
          <Fact label="Users">{formatCount(profile.users)}</Fact>
          <Fact label="Films">{formatCount(profile.items)}</Fact>
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
        <RatingHistogram profile={profile} />
        <Concentration profile={profile} />
      </SimpleGrid>
      <Activity profile={profile} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Quantiles profile={profile} />
        <TopItems profile={profile} snapshot={snapshot} />
      </SimpleGrid>
    </Stack>
  );
}

function RatingHistogram({ profile }: { readonly profile: Profile }) {
  const bars = profile.ratingHistogram;
  return (
    <ChartFrame
      title="Ratings given"
      description="How often each rating was given"
      table={{
        columns: ["Rating", "Ratings", "Share"],
        rows: bars.map(({ label, count }) => [label, count, profile.ratings === 0 ? 0 : count / profile.ratings]),
      }}
    >
      {(height) => <BarPlot bars={bars} height={height} xLabel="rating" yLabel="ratings" title="Ratings given" />}
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
      {(height) => <LorenzPlot curve={profile.lorenzItems} height={height} />}
    </ChartFrame>
  );
}

function Activity({ profile }: { readonly profile: Profile }) {
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
      table={{ columns: ["Month", "Ratings"], rows: bars.map(({ label, count }) => [label, count]) }}
    >
      {(height) => <BarPlot bars={bars} height={height} xLabel="month" yLabel="ratings" title="Activity over time" />}
    </ChartFrame>
  );
}

const quantileNames: Readonly<Record<string, string>> = { "0": "Minimum", "0.5": "Median", "1": "Maximum" };

function Quantiles({ profile }: { readonly profile: Profile }) {
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
              <Table.Td ta="right">{formatGeneral(value)}</Table.Td>
              <Table.Td ta="right">{formatGeneral(profile.ratingsPerItem[index]?.value ?? Number.NaN)}</Table.Td>
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
