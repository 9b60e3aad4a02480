import { Checkbox, Text, UnstyledButton } from "@mantine/core";
import { useCallbackRef } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import type { SortingState } from "@tanstack/react-table";
import { memo, useMemo, useRef } from "react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import type { RunGroup, RunRow } from "../../../../core/contract/run-table.ts";
import { formatMetric } from "../../components/format/metrics.ts";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { inOrder } from "../../components/table/column-chooser.tsx";
import type { ColumnLayout } from "../../components/table/data-table.tsx";
import styles from "../../components/table/data-table.module.css";
import { HeaderCell } from "../../components/table/header-cell.tsx";
import { useRowKeys } from "../../components/table/row-keys.ts";
import { ScrollEdge } from "../../components/table/scroll-edge.tsx";
import { useRowsInSight } from "../../components/table/use-rows-in-sight.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { methodQuery } from "../../transport/hooks.ts";
import type { RunColumn } from "./run-columns.tsx";
import type { RunQuestion } from "./run-question.ts";
import { tableLines } from "./table-lines.ts";

const rowHeight = 32;
const selectWidth = 36;
export const runsPage = 100;

interface RunsTableProps {
  readonly question: RunQuestion;
  /** The first page, which says how much there is. */
  readonly first: MethodOutput<"runs.query">;
  readonly columns: readonly RunColumn[];
  readonly layout: ColumnLayout;
  readonly sorting: SortingState;
  readonly onSorting: (sorting: SortingState) => void;
  readonly selected: ReadonlySet<string>;
  readonly onToggle: (runId: string) => void;
  readonly onOpen: (runId: string) => void;
  readonly groupLabel: (value: string | null) => string;
  readonly onFold: (value: string | null) => void;
  readonly maxHeight: number;
}

/** Runs that stay with the engine: only the pages in sight are asked for, and only the rows in sight are drawn. */
export function RunsTable(props: RunsTableProps) {
  const { question, first, layout, selected, sorting, onSorting, onToggle, onOpen, maxHeight } = props;
  const { connection } = useEngine();
  const scroller = useRef<HTMLDivElement>(null);
  const visible = useMemo(() => arranged(props.columns, layout), [props.columns, layout]);
  const lines = tableLines(first.total, first.groups);
  const virtual = useRowsInSight({ count: lines.count, scroller, rowHeight, height: maxHeight, overscan: 6 });
  const items = virtual.getVirtualItems();
  const drawn = items.map((item) => ({ ...item, line: lines.at(item.index) }));
  const rowsInSight = drawn.flatMap(({ line }) => (line?.kind === "row" ? [line.row] : []));
  const pages = usePages(question, rowsInSight, first, connection);
  const act = (index: number, onRow: (id: string) => void) => {
    const line = lines.at(index);
    if (line?.kind === "group") props.onFold(line.group.value);
    else if (line !== undefined) {
      const run = pages(line.row);
      if (run !== undefined) onRow(run.id);
    }
  };
  const keys = useRowKeys({
    count: lines.count,
    scrollTo: (index) => virtual.scrollToIndex(index),
    onSpace: (index) => act(index, onToggle),
    onEnter: (index) => act(index, onOpen),
  });
  const offsets = useMemo(() => pinnedOffsets(visible, layout.pinned), [visible, layout.pinned]);
  // The same from one drawing to the next, for rows and headers that stay as they are.
  const toggleRun = useCallbackRef(onToggle);
  const openRun = useCallbackRef(onOpen);
  const sortBy = useCallbackRef(onSorting);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const width = visible.reduce((sum, column) => sum + column.width, selectWidth);
  return (
    <div className={styles["frame"]}>
      <div ref={scroller} className={styles["scroller"]} style={{ maxHeight }} tabIndex={-1}>
        <table
          className={styles["table"]}
          style={{ minWidth: width }}
          aria-label="Runs"
          aria-rowcount={lines.count + 1}
        >
          <colgroup>
            <col style={{ width: selectWidth }} />
            {visible.map(({ id, width: wide }) => (
              <col key={id} style={{ width: wide }} />
            ))}
          </colgroup>
          <thead className={styles["head"]}>
            <tr>
              <th scope="col" className={styles["pinned"]} style={{ left: 0 }}>
                <span className="rb-visually-hidden">Chosen</span>
              </th>
              {visible.map((column) => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  sorting={sorting}
                  onSort={sortBy}
                  offset={offsets.get(column.id)}
                />
              ))}
            </tr>
          </thead>
          <tbody {...keys.bodyProps}>
            {before > 0 && <tr aria-hidden style={{ height: before }} />}
            {drawn.map(({ index, key, line }) => {
              if (line === undefined) return null;
              if (line.kind === "group") {
                return (
                  <GroupLine
                    key={key}
                    group={line.group}
                    index={index}
                    label={props.groupLabel(line.group.value)}
                    columns={visible.length + 1}
                    rowProps={keys.rowProps(index)}
                    onFold={() => props.onFold(line.group.value)}
                  />
                );
              }
              const run = pages(line.row);
              return (
                <RunLine
                  key={key}
                  run={run}
                  index={index}
                  columns={visible}
                  offsets={offsets}
                  selected={run !== undefined && selected.has(run.id)}
                  tabIndex={keys.rowProps(index).tabIndex}
                  onToggle={toggleRun}
                  onOpen={openRun}
                />
              );
            })}
            {after > 0 && <tr aria-hidden style={{ height: after }} />}
          </tbody>
        </table>
        {lines.count === 0 && (
          <Text size="sm" c="dimmed" p="md">
            No run is found. Loosen the search, or look among the archived ones.
          </Text>
        )}
      </div>
      <ScrollEdge of={scroller} />
    </div>
  );
}

/** The run in a row, where its page has come. */
function usePages(
  question: RunQuestion,
  rows: readonly number[],
  first: MethodOutput<"runs.query">,
  connection: ReturnType<typeof useEngine>["connection"],
): (row: number) => RunRow | undefined {
  const numbers = [...new Set(rows.map((row) => Math.floor(row / runsPage)))].filter((number) => number > 0);
  const answers = useQueries({
    queries: numbers.map((number) =>
      methodQuery(connection, "runs.query", { ...question, offset: number * runsPage, limit: runsPage }),
    ),
  });
  const byNumber = new Map(numbers.map((number, at) => [number, answers[at]?.data?.rows]));
  return (row) => {
    const number = Math.floor(row / runsPage);
    return (number === 0 ? first.rows : byNumber.get(number))?.[row % runsPage];
  };
}

/** Pinned columns stand first, so that they can stick to the left. */
function arranged(columns: readonly RunColumn[], { hidden, order, pinned }: ColumnLayout): readonly RunColumn[] {
  const visible = inOrder(columns, order).filter(({ id }) => !hidden.includes(id));
  return [...visible.filter(({ id }) => pinned.includes(id)), ...visible.filter(({ id }) => !pinned.includes(id))];
}

function pinnedOffsets(columns: readonly RunColumn[], pinned: readonly string[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let left = selectWidth;
  for (const { id, width } of columns) {
    if (!pinned.includes(id)) break;
    offsets.set(id, left);
    left += width;
  }
  return offsets;
}

interface GroupLineProps {
  readonly group: RunGroup;
  readonly index: number;
  readonly label: string;
  readonly columns: number;
  readonly rowProps: React.ComponentProps<"tr">;
  readonly onFold: () => void;
}

function GroupLine({ group, index, label, columns, rowProps, onFold }: GroupLineProps) {
  const Chevron = group.folded ? IconChevronRight : IconChevronDown;
  return (
    <tr {...rowProps} className={styles["row"]} aria-rowindex={index + 2}>
      <td colSpan={columns} style={{ background: "var(--rb-sunken)" }}>
        <UnstyledButton
          onClick={onFold}
          aria-expanded={!group.folded}
          tabIndex={-1}
          fz="sm"
          style={{ position: "sticky", left: 10, display: "inline-flex", alignItems: "center", gap: 6 }}
        >
          <Chevron size={14} aria-hidden />
          <Text span size="sm" fw={600}>
            {label}
          </Text>
          <Text span size="xs" c="dimmed">
            {formatQuantity(group.runs, "run")}
            {group.best === null ? "" : ` · first ${formatMetric(group.best)}`}
          </Text>
        </UnstyledButton>
      </td>
    </tr>
  );
}

interface RunLineProps {
  readonly run: RunRow | undefined;
  readonly index: number;
  readonly columns: readonly RunColumn[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly selected: boolean;
  readonly tabIndex: number;
  readonly onToggle: (runId: string) => void;
  readonly onOpen: (runId: string) => void;
}

const RunLine = memo(function RunLine(props: RunLineProps) {
  const { run, index, columns, offsets, selected, tabIndex, onToggle, onOpen } = props;
  return (
    <tr
      data-row={index}
      tabIndex={tabIndex}
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={styles["row"]}
      onDoubleClick={() => run !== undefined && onOpen(run.id)}
    >
      <td className={styles["pinned"]} style={{ left: 0 }}>
        {run !== undefined && (
          <Checkbox
            aria-label={`Choose ${run.name}`}
            checked={selected}
            onChange={() => onToggle(run.id)}
            tabIndex={-1}
          />
        )}
      </td>
      {columns.map((column) => (
        <td
          key={column.id}
          className={offsets.has(column.id) ? styles["pinned"] : undefined}
          style={{ textAlign: column.numeric === true ? "right" : "left", left: offsets.get(column.id) }}
        >
          {run === undefined ? <span style={{ opacity: 0.4 }}>…</span> : cellOf(column, run)}
        </td>
      ))}
    </tr>
  );
});

function cellOf(column: RunColumn, run: RunRow) {
  return column.cell === undefined ? (column.value(run) ?? "–") : column.cell(run);
}

export function runsFound(matched: number): string {
  return `${formatCount(matched)} ${matched === 1 ? "run" : "runs"}`;
}
