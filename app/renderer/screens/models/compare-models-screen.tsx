import { Alert, Button, Group, Select, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { IconArrowsDiff, IconArrowsLeftRight, IconChevronLeft, IconGavel } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ModelDetail, ModelEntry } from "../../../../core/contract/model-versions.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { findMetric, formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { formatCount, formatDecimal, formatSigned } from "../../components/format/numbers.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Notation } from "../../components/notation.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { inReadingOrder, parameterRows, settingTitle } from "../compare/differences.ts";
import { showValue } from "../compare/run-columns.tsx";
import { protocolTitle } from "../train/protocol-text.ts";
import { versionTitle } from "./model-name.ts";
import styles from "./models.module.css";

const route = getRouteApi("/models/compare");

/** Two versions side by side: how they did, what was set, what they were learnt from. */
export function CompareModelsScreen() {
  const { model: asked = [] } = route.useSearch();
  const navigate = route.useNavigate();
  const versions = useQueryMethod("models.list", {});
  const choose = (model: readonly string[]) => void navigate({ search: { model: [...model] }, replace: true });
  return (
    <Screen
      title="Compare versions"
      crumbs={
        <TextLink to="/models" style={{ display: "inline-flex", alignItems: "center", gap: 2, marginBottom: 6 }}>
          <IconChevronLeft size={14} aria-hidden />
          Models
        </TextLink>
      }
    >
      <Answer of={versions} height={360}>
        {(known) => {
          const [before, after] = chosenOf(known, asked);
          if (before === undefined || after === undefined) return <OneIsMissing />;
          return (
            <Stack gap="md">
              {asked.some((id) => !known.some(({ version }) => version.id === id)) && (
                <Alert color="yellow" title="A version that was asked for is not in this workspace">
                  The link is of another workspace, or the version was deleted. Shown instead are the two registered
                  last; others can be chosen below.
                </Alert>
              )}
              <Chooser entries={known} before={before} after={after} onChoose={choose} />
              <Loaded key={`${before} ${after}`} before={before} after={after} />
            </Stack>
          );
        }}
      </Answer>
    </Screen>
  );
}

function OneIsMissing() {
  return (
    <EmptyState
      icon={IconArrowsDiff}
      title="There are not two versions to compare"
      actions={
        <>
          <LinkButton to="/models">See the versions</LinkButton>
          <LinkButton variant="default" to="/publish">
            Publish a model
          </LinkButton>
        </>
      }
    >
      A version comes of every publication, and of registering a candidate. With two of them their metrics, settings and
      data stand here side by side.
    </EmptyState>
  );
}

/** Those asked for; otherwise the two registered last, the older one first. */
function chosenOf(entries: readonly ModelEntry[], asked: readonly string[]): readonly (string | undefined)[] {
  const known = asked.filter((id) => entries.some(({ version }) => version.id === id));
  if (known.length >= 2) return known;
  return entries
    .slice(0, 2)
    .map(({ version }) => version.id)
    .toReversed();
}

interface ChooserProps {
  readonly entries: readonly ModelEntry[];
  readonly before: string;
  readonly after: string;
  readonly onChoose: (ids: readonly string[]) => void;
}

function Chooser({ entries, before, after, onChoose }: ChooserProps) {
  const data = entries.map(({ version, run }) => ({
    value: version.id,
    label: `${versionTitle(version)} (${run.name})`,
  }));
  return (
    <Group gap="xs" align="flex-end">
      <Select
        label="From"
        w={380}
        searchable
        allowDeselect={false}
        data={data}
        value={before}
        onChange={(value) => value !== null && onChoose([value, after])}
      />
      <Button variant="default" aria-label="Exchange the two" onClick={() => onChoose([after, before])}>
        <IconArrowsLeftRight size={15} aria-hidden />
      </Button>
      <Select
        label="To"
        w={380}
        searchable
        allowDeselect={false}
        data={data}
        value={after}
        onChange={(value) => value !== null && onChoose([before, value])}
      />
    </Group>
  );
}

function Loaded({ before, after }: { readonly before: string; readonly after: string }) {
  const left = useQueryMethod("models.get", { modelId: before });
  const right = useQueryMethod("models.get", { modelId: after });
  return (
    <Answer of={left} errorTitle="The first version cannot be shown">
      {(from) => (
        <Answer of={right} errorTitle="The second version cannot be shown">
          {(to) => (
            <Stack gap="md">
              <Verdict from={from} to={to} />
              <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
                <Metrics from={from} to={to} />
                <Stack gap="md">
                  <Settings from={from} to={to} />
                  <Data from={from} to={to} />
                </Stack>
              </SimpleGrid>
            </Stack>
          )}
        </Answer>
      )}
    </Answer>
  );
}

interface PairProps {
  readonly from: ModelDetail;
  readonly to: ModelDetail;
}

/** The runs whose evaluations the two carry. */
const evaluated = ({ run, lineage }: ModelDetail) => lineage.evaluatedBy?.id ?? run.id;

function Verdict({ from, to }: PairProps) {
  const [baselineId, runId] = [evaluated(from), evaluated(to)];
  const comparable = from.run.splitId === to.run.splitId && baselineId !== runId;
  const comparison = useQueryMethod(
    "runs.compare",
    { runIds: [runId, baselineId], baselineId },
    { enabled: comparable },
  );
  if (baselineId === runId)
    return <Told>Both carry the evaluation of the same run: nothing can be said about which is better.</Told>;
  if (!comparable)
    return (
      <Told>
        They were evaluated on different splits ({protocolTitle(from.lineage.split.protocol)};{" "}
        {protocolTitle(to.lineage.split.protocol)}), so the figures below stand beside each other without a verdict.
        Train both on one split to compare them.
      </Told>
    );
  return (
    <Answer of={comparison} height={90} errorTitle="They cannot be compared">
      {({ runs }) => <Told>{runs.find((run) => run.runId === runId)?.sentence ?? "No difference was tested."}</Told>}
    </Answer>
  );
}

function Told({ children }: { readonly children: ReactNode }) {
  return (
    <Alert color="petrol" variant="light" icon={<IconGavel size={18} />}>
      <Text size="sm">{children}</Text>
    </Alert>
  );
}

function Metrics({ from, to }: PairProps) {
  const comparable = from.run.splitId === to.run.splitId;
  return (
    <Pair label="Metrics" head="Metric" from={from} to={to} difference={comparable ? "Difference" : null}>
      {metricNames([from.run, to.run]).map((name) => {
        const [before, after] = [findMetric(from.run.metrics, name), findMetric(to.run.metrics, name)];
        const both = before !== undefined && after !== undefined && before.definition === after.definition;
        const difference = both ? after.value - before.value : null;
        return (
          <Table.Tr key={name}>
            <Table.Td>{metricLabel(name)}</Table.Td>
            <Table.Td ta="right">{before === undefined ? "–" : formatMetric(before.value)}</Table.Td>
            <Table.Td ta="right">{after === undefined ? "–" : formatMetric(after.value)}</Table.Td>
            {comparable && <Table.Td ta="right">{difference === null ? "–" : formatSigned(difference)}</Table.Td>}
          </Table.Tr>
        );
      })}
    </Pair>
  );
}

function Settings({ from, to }: PairProps) {
  const { algorithm, setting } = useAlgorithmNames();
  const algorithms = [from.run.algorithm, to.run.algorithm];
  const shown = (name: string, value: Parameters<typeof showValue>[0]) =>
    name === "algorithm" ? algorithm(String(value)) : showValue(value);
  const labelOf = (name: string) => settingTitle(name, setting(name, algorithms));
  const rows = inReadingOrder(parameterRows([from.run, to.run]), labelOf).filter(({ name }) => name !== "split");
  const differing = rows.filter(({ differs }) => differs);
  return (
    <Pair label="Settings" head="Setting" from={from} to={to}>
      {[...differing, ...rows.filter(({ differs }) => !differs)].map(({ name, values, differs }) => (
        <Table.Tr key={name} className={differs ? (styles["different"] ?? "") : ""}>
          <Table.Td>
            <Notation>{labelOf(name)}</Notation>
          </Table.Td>
          <Table.Td ta="right">{shown(name, values[0])}</Table.Td>
          <Table.Td ta="right">{shown(name, values[1])}</Table.Td>
        </Table.Tr>
      ))}
    </Pair>
  );
}

function Data({ from, to }: PairProps) {
  const [before, after] = [from.lineage.snapshot, to.lineage.snapshot];
  const same = before.id === after.id;
  const difference = useQueryMethod("snapshots.difference", { before: before.id, after: after.id }, { enabled: !same });
  const rows: readonly (readonly [string, ReactNode, ReactNode, boolean])[] = [
    ["Snapshot", <SnapshotLink key="a" of={before} />, <SnapshotLink key="b" of={after} />, !same],
    ["Ratings", formatCount(before.ratings), formatCount(after.ratings), before.ratings !== after.ratings],
    ["Users", formatCount(before.users), formatCount(after.users), before.users !== after.users],
    ["Films", formatCount(before.items), formatCount(after.items), before.items !== after.items],
    [
      "Learnt from",
      from.lineage.evaluatedBy === null ? "the training part" : "everything",
      to.lineage.evaluatedBy === null ? "the training part" : "everything",
      (from.lineage.evaluatedBy === null) !== (to.lineage.evaluatedBy === null),
    ],
    [
      "Split",
      protocolTitle(from.lineage.split.protocol),
      protocolTitle(to.lineage.split.protocol),
      from.run.splitId !== to.run.splitId,
    ],
  ];
  return (
    <div>
      <Pair label="Data" head="Data" from={from} to={to}>
        {rows.map(([name, left, right, differs]) => (
          <Table.Tr key={name} className={differs ? (styles["different"] ?? "") : ""}>
            <Table.Td>{name}</Table.Td>
            <Table.Td ta="right">{left}</Table.Td>
            <Table.Td ta="right">{right}</Table.Td>
          </Table.Tr>
        ))}
      </Pair>
      {same && (
        <Text size="sm" c="dimmed" mt="xs">
          Both were learnt from the same snapshot, to the bit.
        </Text>
      )}
      {!same && (
        <Answer of={difference} height={60} errorTitle="The snapshots could not be compared">
          {(known) => (
            <Text size="sm" mt="xs">
              {formatCount(known.added)} ratings came, {formatCount(known.removed)} went, {formatCount(known.changed)}{" "}
              changed.{" "}
              {known.shifts
                .map(({ name, psi }) => `${name.replaceAll("-", " ")}: PSI ${formatDecimal(psi, 3)}`)
                .join(", ")}
              .
            </Text>
          )}
        </Answer>
      )}
    </div>
  );
}

function SnapshotLink({ of }: { readonly of: ModelDetail["lineage"]["snapshot"] }) {
  return (
    <TextLink to="/data/snapshots/$snapshotId" params={{ snapshotId: of.id }}>
      {of.name}
    </TextLink>
  );
}

interface TableProps extends PairProps {
  readonly label: string;
  readonly head: string;
  readonly difference?: string | null;
  readonly children: ReactNode;
}

function Pair({ label, head, from, to, difference = null, children }: TableProps) {
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table fz="sm" aria-label={label} withTableBorder style={{ background: "var(--rb-surface)" }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{head}</Table.Th>
            <Table.Th ta="right" style={{ whiteSpace: "nowrap" }}>
              {versionTitle(from.version)}
            </Table.Th>
            <Table.Th ta="right" style={{ whiteSpace: "nowrap" }}>
              {versionTitle(to.version)}
            </Table.Th>
            {difference !== null && <Table.Th ta="right">{difference}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
