import { Badge, ScrollArea, Select, Table, Text } from "@mantine/core";
import type { FilePreview } from "../../../../core/contract/entities.ts";
import { roleLabels } from "./column-mapping.ts";
import type { MappedRole } from "./column-mapping.ts";
import { ColumnCells } from "./column-cells.tsx";

interface PreviewTableProps {
  readonly preview: FilePreview;
  readonly onRole: (column: string, role: MappedRole) => void;
}

const choices: readonly MappedRole[] = ["user", "item", "rating", "time", "part", "ignored"];

/** The first rows as they will be read, with the meaning of each column above it. */
export function PreviewTable({ preview, onRole }: PreviewTableProps) {
  return (
    <ScrollArea.Autosize mah={340} type="auto" viewportProps={{ tabIndex: 0, "aria-label": "First rows of the file" }}>
      <Table
        stickyHeader
        withColumnBorders
        fz="sm"
        verticalSpacing={3}
        aria-label="First rows of the file"
        w="auto"
        miw="100%"
      >
        <Table.Thead>
          <Table.Tr>
            {preview.columns.map(({ name, role, cells }) => (
              <Table.Th
                key={name}
                miw={132}
                style={{
                  verticalAlign: "top",
                  paddingTop: 8,
                  background: role === "ignored" ? "var(--rb-sunken)" : "var(--rb-selected)",
                }}
              >
                <Text size="xs" fw={600} truncate maw={200} title={name} mb={4}>
                  {name}
                </Text>
                {isMapped(role) ? (
                  <Select<MappedRole>
                    aria-label={`Meaning of column ${name}`}
                    data={choices.map((value) => ({ value, label: roleLabels[value] }))}
                    value={role}
                    onChange={(value) => value !== null && onRole(name, value)}
                  />
                ) : (
                  <Badge color="gray">{roleLabels[role]}</Badge>
                )}
                <ColumnCells cells={cells} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {preview.rows.map((row, index) => (
            // Preview rows have no identity; the table is replaced whole.
            <Table.Tr key={index}>
              {preview.columns.map(({ name, role }, column) => (
                <Table.Td
                  key={name}
                  style={{
                    color: role === "ignored" ? "var(--mantine-color-dimmed)" : undefined,
                    whiteSpace: "nowrap",
                    maxWidth: 320,
                    overflow: "hidden",
                    textOverflow: "ellipsis",
                  }}
                >
                  {row[column] ?? (
                    <Text span inherit c="dimmed" fs="italic">
                      empty
                    </Text>
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

function isMapped(role: FilePreview["columns"][number]["role"]): role is MappedRole {
  return choices.some((choice) => choice === role);
}
