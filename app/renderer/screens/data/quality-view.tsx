import { Badge, Button, Card, Group, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Snapshot, Source } from "../../../../core/contract/entities.ts";
import type { QualityFinding } from "../../../../core/contract/snapshot-tables.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { DrillLink } from "./drill-link.tsx";
import { RejectsDrawer } from "./rejects-drawer.tsx";

const severityLooks = {
  serious: { label: "Serious", color: "red" },
  warning: { label: "Warning", color: "orange" },
  note: { label: "Note", color: "blue" },
  good: { label: "In order", color: "green" },
} as const;

/** What is wrong with the data, the most serious first, each number with the rows behind it. */
export function QualityView({ snapshot }: { readonly snapshot: Snapshot }) {
  const findings = useQueryMethod("snapshots.quality", { snapshotId: snapshot.id });
  return (
    <Answer of={findings} height={420} errorTitle="The data could not be examined">
      {(known) => <Findings findings={known} snapshot={snapshot} />}
    </Answer>
  );
}

interface FindingsProps {
  readonly findings: readonly QualityFinding[];
  readonly snapshot: Snapshot;
}

function Findings({ findings, snapshot }: FindingsProps) {
  const [rejectsOf, setRejectsOf] = useState<Source | null>(null);
  const sources = useQueryMethod("sources.list", {});
  const wrong = findings.filter(({ severity }) => severity === "serious" || severity === "warning").length;
  return (
    <Card padding={0}>
      <Group justify="space-between" px="md" py="sm">
        <Text size="sm">
          {wrong === 0
            ? "Nothing that should worry you."
            : `${formatCount(wrong)} of ${formatCount(findings.length)} checks found something to look at.`}
        </Text>
        <CopyMenu
          table={() => ({
            columns: ["severity", "finding", "count", "of", "unit", "share", "meaning"],
            rows: findings.map(({ severity, title, count, of, unit, meaning }) => [
              severity,
              title,
              count,
              of,
              unit,
              of === 0 ? 0 : count / of,
              meaning,
            ]),
          })}
        />
      </Group>
      <Table.ScrollContainer minWidth={720}>
        <Table aria-label="Data quality" fz="sm" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={110}>Severity</Table.Th>
              <Table.Th>Finding</Table.Th>
              <Table.Th ta="right">Number</Table.Th>
              <Table.Th ta="right">Share</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {findings.map((finding) => (
              <Table.Tr key={finding.id}>
                <Table.Td style={{ verticalAlign: "top" }}>
                  <Badge color={severityLooks[finding.severity].color}>{severityLooks[finding.severity].label}</Badge>
                </Table.Td>
                <Table.Td>
                  <Stack gap={0}>
                    <Text size="sm" fw={500}>
                      {finding.title}
                    </Text>
                    {finding.severity !== "good" && (
                      <Text size="xs" c="dimmed" maw={720}>
                        {finding.meaning}
                      </Text>
                    )}
                  </Stack>
                </Table.Td>
                <Table.Td ta="right" style={{ verticalAlign: "top", whiteSpace: "nowrap" }}>
                  <Number
                    finding={finding}
                    snapshotId={snapshot.id}
                    onRejects={(id) => setRejectsOf(sources.data?.find((source) => source.id === id) ?? null)}
                  />
                </Table.Td>
                <Table.Td ta="right" style={{ verticalAlign: "top" }}>
                  {finding.of === 0 ? "–" : formatShare(finding.count / finding.of)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <RejectsDrawer source={rejectsOf} onClose={() => setRejectsOf(null)} />
    </Card>
  );
}

const singular = { ratings: "rating", users: "user", films: "film", records: "record" } as const;

interface NumberProps {
  readonly finding: QualityFinding;
  readonly snapshotId: string;
  readonly onRejects: (sourceId: string) => void;
}

function Number({ finding: { title, count, unit, drill }, snapshotId, onRejects }: NumberProps) {
  const shown = formatQuantity(count, singular[unit]);
  if (drill === null) return shown;
  if (drill.table === "rejects")
    return (
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => onRejects(drill.sourceId)}
        aria-label={`${title}: show ${shown}`}
      >
        {shown}
      </Button>
    );
  return (
    <DrillLink snapshotId={snapshotId} to={drill} label={`${title}: show ${shown}`}>
      {shown}
    </DrillLink>
  );
}
