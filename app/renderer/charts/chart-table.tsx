import { ScrollArea, Table } from "@mantine/core";
import { formatGeneral } from "../components/format/numbers.ts";
import type { TextTable } from "../components/table/copy-as.ts";

/** The figures of a chart, for those who cannot see it and those who want the numbers. */
export function ChartTable({
  table,
  height,
  label,
}: {
  readonly table: TextTable;
  readonly height: number;
  readonly label: string;
}) {
  return (
    <ScrollArea.Autosize mah={height} type="auto" viewportProps={{ tabIndex: 0, "aria-label": `Figures: ${label}` }}>
      <Table stickyHeader fz="sm" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {table.columns.map((column, index) => (
              <Table.Th key={column} ta={typeof table.rows[0]?.[index] === "number" ? "right" : "left"}>
                {column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.rows.map((row, index) => (
            // Rows have no identity of their own and never change places.
            <Table.Tr key={index}>
              {row.map((value, column) => (
                <Table.Td key={column} ta={typeof value === "number" ? "right" : "left"}>
                  {typeof value === "number" ? formatGeneral(value) : (value ?? "–")}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
