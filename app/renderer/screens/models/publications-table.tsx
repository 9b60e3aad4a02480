import { Badge, Table } from "@mantine/core";
import type { ModelPublication } from "../../../../core/contract/model-versions.ts";
import { targetTitle } from "../../components/format/targets.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";

const colors = { uploading: "petrol", ready: "petrol", active: "green", retired: "gray", failed: "red" } as const;
const words = {
  uploading: "Uploading",
  ready: "Ready",
  active: "Live",
  retired: "Not live any more",
  failed: "Failed",
} as const;

/** Where a version went, and whether it is there now. */
export function PublicationsTable({ publications }: { readonly publications: readonly ModelPublication[] }) {
  return (
    <Table.ScrollContainer minWidth={620}>
      <Table
        fz="sm"
        aria-label="Publications of this version"
        withTableBorder
        style={{ background: "var(--rb-surface)" }}
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Target</Table.Th>
            <Table.Th>Name there</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Published</Table.Th>
            <Table.Th>Live since</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {publications.map(({ id, targetId, targetName, version, state, createdAt, activatedAt }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <TextLink to="/publish" search={{ target: targetId }}>
                  {targetTitle(targetId, targetName)}
                </TextLink>
              </Table.Td>
              <Table.Td>{version}</Table.Td>
              <Table.Td>
                <Badge color={colors[state]}>{words[state]}</Badge>
              </Table.Td>
              <Table.Td>{formatDateTime(createdAt)}</Table.Td>
              <Table.Td>{activatedAt === null ? "–" : formatDateTime(activatedAt)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
