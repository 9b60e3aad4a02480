import { Button, Card, CopyButton, Group, List, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { ModelDetail } from "../../../../core/contract/model-versions.ts";
import { Fact, Facts } from "../../components/fact.tsx";
import { formatCount } from "../../components/format/numbers.ts";
import { formatDataDate } from "../../components/format/times.ts";
import { InlineLink } from "../../components/link-button.tsx";
import { Notation } from "../../components/notation.tsx";
import { fileNameFor, saveText } from "../../components/table/save-text.ts";
import { showValue } from "../compare/run-columns.tsx";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { RunMetrics, RunSegments } from "../compare/run-report.tsx";
import { protocolTitle } from "../train/protocol-text.ts";
import { versionTitle } from "./model-name.ts";
import { WordsForm } from "./words-form.tsx";

/** The model card: what it is for, what it was learnt from, how it did and on whom, and what it is not good for. */
export function ModelCardView({ detail }: { readonly detail: ModelDetail }) {
  const { version, knownLimits, card } = detail;
  return (
    <Stack gap="md">
      <Group gap="xs" justify="flex-end">
        <CopyButton value={card}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy as Markdown"}
            </Button>
          )}
        </CopyButton>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => saveText(`${fileNameFor(versionTitle(version))}-card.md`, "text/markdown", card)}
        >
          Save the card
        </Button>
      </Group>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <WordsForm
          version={version}
          field="intendedUse"
          label="Intended use"
          placeholder="Which product, which people, which decision it serves"
        />
        <WordsForm
          version={version}
          field="limits"
          label="Where not to use it"
          placeholder="What you know that the figures below do not say"
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <LearntFrom detail={detail} />
        <Card>
          <Title order={2} size="h3" mb="xs">
            Limits that its own evaluation shows
          </Title>
          {knownLimits.length === 0 ? (
            <Text size="sm" c="dimmed">
              None are known.
            </Text>
          ) : (
            <List size="sm" spacing={4}>
              {knownLimits.map((limit) => (
                <List.Item key={limit}>{limit}</List.Item>
              ))}
            </List>
          )}
        </Card>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <Card>
          <Title order={2} size="h3" mb="xs">
            Evaluation
          </Title>
          <Evaluated detail={detail} />
          <RunMetrics run={detail.run} />
        </Card>
        <Settings detail={detail} />
      </SimpleGrid>
      {detail.run.report !== undefined && (
        <Card>
          <Title order={2} size="h3" mb="xs">
            On whom, and on what
          </Title>
          <RunSegments report={detail.run.report} columns={{ base: 1, lg: 2 }} />
        </Card>
      )}
    </Stack>
  );
}

function LearntFrom({ detail: { lineage } }: { readonly detail: ModelDetail }) {
  const { snapshot, split, evaluatedBy } = lineage;
  return (
    <Card>
      <Title order={2} size="h3" mb="xs">
        Data
      </Title>
      <Facts>
        <Fact label="Ratings learnt from">{formatCount(evaluatedBy === null ? split.train : snapshot.ratings)}</Fact>
        <Fact label="Users">{formatCount(snapshot.users)}</Fact>
        <Fact label="Films">{formatCount(snapshot.items)}</Fact>
        <Fact label="Scale">
          {snapshot.scale.minimum} to {snapshot.scale.maximum}
        </Fact>
        {snapshot.from !== null && snapshot.to !== null && (
          <Fact label="Given">
            {formatDataDate(snapshot.from)} to {formatDataDate(snapshot.to)}
          </Fact>
        )}
      </Facts>
      <Text size="sm" mt="xs">
        {evaluatedBy === null ? "The training part of " : "All of "}
        <InlineLink to="/data/snapshots/$snapshotId" params={{ snapshotId: snapshot.id }}>
          {snapshot.name}
        </InlineLink>
        .
      </Text>
    </Card>
  );
}

function Evaluated({ detail: { lineage } }: { readonly detail: ModelDetail }) {
  const { split, evaluatedBy } = lineage;
  return (
    <Text size="sm" mb="xs">
      {protocolTitle(split.protocol)}: {formatCount(split.test)} test ratings of {formatCount(split.testUsers)} users,{" "}
      {formatCount(split.warmTestUsers)} of them known from training.{" "}
      {evaluatedBy !== null && (
        <>
          This is a refit on everything; the figures are those of{" "}
          <InlineLink to="/compare" search={{ open: evaluatedBy.id }}>
            {evaluatedBy.name}
          </InlineLink>
          , which chose it.
        </>
      )}
    </Text>
  );
}

function Settings({ detail: { run } }: { readonly detail: ModelDetail }) {
  const { algorithm, setting } = useAlgorithmNames();
  return (
    <Card>
      <Title order={2} size="h3" mb="xs">
        Model
      </Title>
      <Table variant="vertical" fz="sm" aria-label="Settings of the model" layout="fixed">
        <Table.Tbody>
          {[
            ["Algorithm", algorithm(run.algorithm)] as const,
            ...Object.entries(run.hyperparameters).map(
              ([name, value]) => [setting(name, [run.algorithm]), showValue(value)] as const,
            ),
            ["Seed", run.seed] as const,
            ["Code", run.codeVersion] as const,
            ["SHA-256 of the tensors", run.modelHash ?? "–"] as const,
          ].map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={200}>
                <Notation>{name}</Notation>
              </Table.Th>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{String(value)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
