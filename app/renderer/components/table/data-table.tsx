import {
  columnFilteringFeature,
  columnOrderingFeature,
  columnPinningFeature,
  columnVisibilityFeature,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import type { ColumnDef, Row as TableRow, RowData, SortingState } from "@tanstack/react-table";
import { Checkbox, Text } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { CellValue, TextTable } from "./copy-as.ts";
import { useRowHeight } from "../preferences/density.ts";
import styles from "./data-table.module.css";
import { HeaderCell } from "./header-cell.tsx";
import { useRowKeys } from "./row-keys.ts";
import { ScrollEdge } from "./scroll-edge.tsx";
import { useRowsInSight } from "./use-rows-in-sight.ts";

/** A column: what it holds (sorted, filtered and copied by) and, where that is not enough, how it looks. */
export interface DataColumn<Row> {
  readonly id: string;
  readonly header: string;
  /** For copies, where the header is drawn short or as formulas are. */
  readonly name?: string;
  readonly help?: string;
  readonly value: (row: Row) => CellValue;
  readonly cell?: (row: Row) => ReactNode;
  readonly numeric?: boolean;
  /** Pixels. */
  readonly width: number;
  /** Larger is better or smaller is: the first click on the header puts the best on top. */
  readonly bestFirst?: "high" | "low";
}

export interface ColumnLayout {
  readonly hidden: readonly string[];
  readonly pinned: readonly string[];
  readonly order: readonly string[];
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  readonly rowLabel: (row: Row) => string;
  readonly layout?: ColumnLayout;
  readonly filter?: string;
  readonly sorting?: SortingState;
  readonly onSorting?: (sorting: SortingState) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (selected: ReadonlySet<string>) => void;
  /** Enter or double click on a row. */
  readonly onOpen?: (row: Row) => void;
  readonly maxHeight?: number | string;
  readonly empty?: ReactNode;
}

const selectWidth = 36;

// Values are compared as they are; a text is compared as a person counts: "run 9" before "run 10".
const collator = new Intl.Collator("en", { numeric: true });
function compareCells(left: CellValue, right: CellValue): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return collator.compare(String(left), String(right));
}

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  columnVisibilityFeature,
  columnOrderingFeature,
  columnPinningFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
});
type Features = typeof features;

const noLayout: ColumnLayout = { hidden: [], pinned: [], order: [] };
const nothing: ReadonlySet<string> = new Set();

/** Rows held in memory: sorted, filtered, chosen, walked through with the arrow keys; only what is seen is drawn. */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const {
    label,
    columns,
    rows,
    rowId,
    rowLabel,
    layout = noLayout,
    filter = "",
    selected = nothing,
    onSelect,
    onOpen,
    maxHeight = 520,
    empty,
  } = props;
  const [ownSorting, setOwnSorting] = useState<SortingState>([]);
  const sorting = props.sorting ?? ownSorting;
  const setSorting = props.onSorting ?? setOwnSorting;
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const definitions = useMemo(() => columns.map((column) => definitionOf(column)), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable<Features, Row>({
    features,
    columns: definitions,
    data,
    getRowId: rowId,
    state: {
      sorting,
      globalFilter: filter,
      columnVisibility: Object.fromEntries(layout.hidden.map((id) => [id, false])),
      columnOrder: [...layout.order],
      columnPinning: { start: layout.pinned.filter((id) => byId.has(id)), end: [] },
      columnFilters: [],
    },
    onSortingChange: (updater) => setSorting(typeof updater === "function" ? updater(sorting) : updater),
    globalFilterFn: (row, columnId, wanted: string) =>
      String(row.getValue(columnId) ?? "")
        .toLowerCase()
        .includes(wanted.toLowerCase()),
    getColumnCanGlobalFilter: () => true,
    sortDescFirst: false,
  });
  const shown = table.getRowModel().rows;
  const visible = table.getVisibleLeafColumns().flatMap(({ id }) => byId.get(id) ?? []);
  const offsets = pinnedOffsets(visible, layout.pinned, onSelect === undefined ? 0 : selectWidth);
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const virtual = useRowsInSight({
    count: shown.length,
    scroller,
    rowHeight,
    height: maxHeight,
    overscan: 12,
    keyOf: (index) => shown[index]?.id ?? index,
  });
  const toggle = (id: string) => onSelect?.(toggled(selected, id));
  const keys = useRowKeys({
    count: shown.length,
    scrollTo: (index) => virtual.scrollToIndex(index),
    onSpace: (index) => shown[index] !== undefined && toggle(shown[index].id),
    onEnter: (index) => shown[index] !== undefined && onOpen?.(shown[index].original),
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const width = visible.reduce((sum, column) => sum + column.width, onSelect === undefined ? 0 : selectWidth);
  const allShown = shown.length > 0 && shown.every(({ id }) => selected.has(id));
  const someShown = !allShown && shown.some(({ id }) => selected.has(id));

  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <div className={styles["frame"]}>
      <div ref={scroller} className={styles["scroller"]} style={{ maxHeight }} tabIndex={-1}>
        <table
          className={styles["table"]}
          style={{ minWidth: width }}
          aria-label={label}
          aria-rowcount={shown.length + 1}
        >
          <colgroup>
            {onSelect !== undefined && <col style={{ width: selectWidth }} />}
            {visible.map((column) => (
              <col key={column.id} style={{ width: column.width }} />
            ))}
          </colgroup>
          <thead className={styles["head"]}>
            <tr>
              {onSelect !== undefined && (
                <th scope="col" className={styles["pinned"]} style={{ left: 0 }}>
                  <Checkbox
                    aria-label="Choose all rows shown"
                    checked={allShown}
                    indeterminate={someShown}
                    onChange={() => onSelect(allShown ? nothing : new Set([...selected, ...shown.map(({ id }) => id)]))}
                  />
                </th>
              )}
              {visible.map((column) => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  sorting={sorting}
                  onSort={setSorting}
                  offset={offsets.get(column.id)}
                />
              ))}
            </tr>
          </thead>
          <tbody {...keys.bodyProps}>
            {before > 0 && <tr aria-hidden style={{ height: before }} />}
            {items.map(({ index, key }) => {
              const row = shown[index];
              return (
                row !== undefined && (
                  <DataRow
                    key={key}
                    row={row}
                    index={index}
                    columns={visible}
                    offsets={offsets}
                    label={rowLabel(row.original)}
                    selected={selected.has(row.id)}
                    rowProps={keys.rowProps(index)}
                    {...(onSelect === undefined ? {} : { onToggle: () => toggle(row.id) })}
                    {...(onOpen === undefined ? {} : { onOpen: () => onOpen(row.original) })}
                  />
                )
              );
            })}
            {after > 0 && <tr aria-hidden style={{ height: after }} />}
          </tbody>
        </table>
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            No row matches.
          </Text>
        )}
      </div>
      <ScrollEdge of={scroller} />
    </div>
  );
}

function definitionOf<Row extends RowData>(column: DataColumn<Row>): ColumnDef<Features, Row> {
  return {
    id: column.id,
    accessorFn: (row: Row) => column.value(row) ?? undefined,
    header: column.header,
    sortUndefined: "last",
    sortFn: (left: TableRow<Features, Row>, right: TableRow<Features, Row>) =>
      compareCells(column.value(left.original), column.value(right.original)),
  };
}

function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Distance from the left at which each pinned column sticks. */
function pinnedOffsets(
  columns: readonly { readonly id: string; readonly width: number }[],
  pinned: readonly string[],
  start: number,
): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let left = start;
  for (const { id, width } of columns) {
    if (!pinned.includes(id)) continue;
    offsets.set(id, left);
    left += width;
  }
  return offsets;
}

interface DataRowProps<Row extends RowData> {
  readonly row: TableRow<Features, Row>;
  readonly index: number;
  readonly columns: readonly DataColumn<Row>[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly label: string;
  readonly selected: boolean;
  readonly rowProps: React.ComponentProps<"tr">;
  readonly onToggle?: () => void;
  readonly onOpen?: () => void;
}

function DataRow<Row extends RowData>({
  row,
  index,
  columns,
  offsets,
  label,
  selected,
  rowProps,
  onToggle,
  onOpen,
}: DataRowProps<Row>) {
  return (
    <tr
      {...rowProps}
      aria-rowindex={index + 2}
      aria-selected={onToggle === undefined ? undefined : selected}
      className={styles["row"]}
      onDoubleClick={onOpen}
    >
      {onToggle !== undefined && (
        <td className={styles["pinned"]} style={{ left: 0 }}>
          <Checkbox aria-label={`Choose ${label}`} checked={selected} onChange={onToggle} tabIndex={-1} />
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.id}
          className={offsets.has(column.id) ? styles["pinned"] : undefined}
          style={{ textAlign: column.numeric === true ? "right" : "left", left: offsets.get(column.id) }}
        >
          {column.cell === undefined ? (column.value(row.original) ?? "–") : column.cell(row.original)}
        </td>
      ))}
    </tr>
  );
}

/** What is shown, as text to copy: the visible columns, the chosen rows (or all). */
export function textOf<Row>(
  columns: readonly DataColumn<Row>[],
  rows: readonly Row[],
  hidden: readonly string[] = [],
): TextTable {
  const kept = columns.filter(({ id }) => !hidden.includes(id));
  return {
    columns: kept.map(({ name, header }) => name ?? header),
    rows: rows.map((row) => kept.map(({ value }) => value(row))),
  };
}
