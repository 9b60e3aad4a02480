import { ActionIcon, Group, NumberInput, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { memo, useDeferredValue, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { SortingState } from "@tanstack/react-table";
import { ErrorPanel } from "../feedback/error-panel.tsx";
import { formatCount } from "../format/numbers.ts";
import { useRowHeight } from "../preferences/density.ts";
import styles from "./data-table.module.css";
import { HeaderCell } from "./header-cell.tsx";
import { useRowKeys } from "./row-keys.ts";
import { ScrollEdge } from "./scroll-edge.tsx";
import { useRowsInSight } from "./use-rows-in-sight.ts";

export interface PagedColumn<Row> {
  readonly id: string;
  readonly header: string;
  readonly help?: string;
  readonly numeric?: boolean;
  readonly width: number;
  readonly cell: (row: Row) => ReactNode;
  readonly sortable?: boolean;
}

interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface PageQuestion<Row> {
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<Page<Row>>;
}

interface PagedTableProps<Row> {
  readonly label: string;
  readonly columns: readonly PagedColumn<Row>[];
  /** The question for one page; the same page must have the same key. */
  readonly page: (offset: number, limit: number) => PageQuestion<Row>;
  readonly sorting?: SortingState;
  readonly onSorting?: (sorting: SortingState) => void;
  readonly height?: number | string;
}

export const pageSize = 200;
/** A browser lays out some 30 million pixels at most; longer tables are walked through in stretches. */
const stretch = 500_000;

/** Rows that stay with the engine: only the pages in sight are asked for, whatever the length. */
export function PagedTable<Row>({ label, columns, page, sorting = [], onSorting, height = 480 }: PagedTableProps<Row>) {
  const [start, setStart] = useState(0);
  const [total, setTotal] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const rowCount = Math.min(stretch, Math.max(0, (total ?? pageSize) - start));
  const virtual = useRowsInSight({ count: rowCount, scroller, rowHeight, height, overscan: 10 });
  const least = columns.reduce((sum, { width }) => sum + width, 0);
  const keys = useRowKeys({ count: rowCount, scrollTo: (index) => virtual.scrollToIndex(index) });
  const items = virtual.getVirtualItems();
  const firstPage = Math.floor((start + (items[0]?.index ?? 0)) / pageSize);
  const lastPage = Math.floor((start + (items.at(-1)?.index ?? 0)) / pageSize);
  const numbers = Array.from({ length: lastPage - firstPage + 1 }, (_, index) => firstPage + index);
  const { pages, failed } = useQueries({
    queries: numbers.map((number) => page(number * pageSize, pageSize)),
    combine: whatCame<Row>,
  });
  const known = pages.find((each) => each !== undefined)?.total;
  if (known !== undefined && known !== total) setTotal(known);
  const come = useMemo(() => ({ first: firstPage, pages }), [firstPage, pages]);
  // Rows that come are drawn in pieces, between which the page answers.
  const drawn = useDeferredValue(come);
  const rowAt = (absolute: number) =>
    drawn.pages[Math.floor(absolute / pageSize) - drawn.first]?.rows[absolute % pageSize];
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);

  if (failed !== undefined && known === undefined)
    return <ErrorPanel error={failed.error} onRetry={() => void failed.refetch()} />;
  return (
    <div>
      <div className={styles["frame"]}>
        <div ref={scroller} className={styles["scroller"]} style={{ height }}>
          <table
            className={styles["table"]}
            aria-label={label}
            aria-rowcount={(total ?? 0) + 1}
            style={{ minWidth: least }}
          >
            <colgroup>
              {columns.map(({ id, width }) => (
                <col key={id} style={{ width }} />
              ))}
            </colgroup>
            <thead className={styles["head"]}>
              <tr>
                {columns.map((column) =>
                  column.sortable === true && onSorting !== undefined ? (
                    <HeaderCell
                      key={column.id}
                      column={column}
                      sorting={sorting}
                      onSort={onSorting}
                      offset={undefined}
                    />
                  ) : (
                    <th
                      key={column.id}
                      scope="col"
                      title={column.header}
                      style={{ textAlign: column.numeric === true ? "right" : "left" }}
                    >
                      {column.header}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody {...keys.bodyProps}>
              {before > 0 && <tr aria-hidden style={{ height: before }} />}
              {items.map(({ index, key }) => {
                const { tabIndex } = keys.rowProps(index);
                return (
                  <PagedRow
                    key={key}
                    row={rowAt(start + index)}
                    index={index}
                    place={start + index + 2}
                    columns={columns as readonly PagedColumn<unknown>[]}
                    tabIndex={tabIndex}
                    height={rowHeight}
                  />
                );
              })}
              {after > 0 && <tr aria-hidden style={{ height: after }} />}
            </tbody>
          </table>
        </div>
        <ScrollEdge of={scroller} />
      </div>
      <Position
        start={start}
        first={virtual.range?.startIndex ?? 0}
        last={virtual.range?.endIndex ?? 0}
        total={total}
        onStart={setStart}
        onGo={(index) => virtual.scrollToIndex(index, { align: "start" })}
      />
    </div>
  );
}

function whatCame<Row>(answers: readonly UseQueryResult<Page<Row>>[]) {
  return { pages: answers.map(({ data }) => data), failed: answers.find(({ error }) => error !== null) };
}

interface PagedRowProps {
  readonly row: unknown;
  readonly index: number;
  readonly place: number;
  readonly columns: readonly PagedColumn<unknown>[];
  readonly tabIndex: number;
  readonly height: number;
}

const PagedRow = memo(function PagedRow({ row, index, place, columns, tabIndex, height }: PagedRowProps) {
  return (
    <tr data-row={index} tabIndex={tabIndex} className={styles["row"]} aria-rowindex={place} style={{ height }}>
      {columns.map((column) => (
        <td key={column.id} style={{ textAlign: column.numeric === true ? "right" : "left" }}>
          {row === undefined ? <span style={{ opacity: 0.4 }}>…</span> : column.cell(row)}
        </td>
      ))}
    </tr>
  );
});

interface PositionProps {
  readonly start: number;
  readonly first: number;
  readonly last: number;
  readonly total: number | null;
  readonly onStart: (start: number) => void;
  readonly onGo: (index: number) => void;
}

function Position({ start, first, last, total, onStart, onGo }: PositionProps) {
  if (total === null) return null;
  const go = (row: number) => {
    const absolute = Math.max(0, Math.min(total - 1, row - 1));
    const nextStart = Math.floor(absolute / stretch) * stretch;
    onStart(nextStart);
    onGo(absolute - nextStart);
  };
  return (
    <Group justify="space-between" mt={6}>
      <Text size="xs" c="dimmed">
        {total === 0
          ? "No rows"
          : `Rows ${formatCount(start + first + 1)} to ${formatCount(Math.min(total, start + last + 1))} of ${formatCount(total)}`}
      </Text>
      <Group gap={4}>
        {total > stretch && (
          <ActionIcon aria-label="Previous stretch" disabled={start === 0} onClick={() => onStart(start - stretch)}>
            <IconChevronLeft size={15} />
          </ActionIcon>
        )}
        {total > pageSize && (
          <NumberInput
            aria-label="Go to row"
            placeholder="Go to row"
            hideControls
            w={110}
            min={1}
            max={total}
            onKeyDown={(event) => {
              if (event.key === "Enter") go(Number(event.currentTarget.value.replaceAll(",", "")) || 1);
            }}
          />
        )}
        {total > stretch && (
          <ActionIcon
            aria-label="Next stretch"
            disabled={start + stretch >= total}
            onClick={() => onStart(start + stretch)}
          >
            <IconChevronRight size={15} />
          </ActionIcon>
        )}
      </Group>
    </Group>
  );
}
