import { Group, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import type { SortingState } from "@tanstack/react-table";
import { useState } from "react";
import { formatCount } from "../../components/format/numbers.ts";
import type { CellValue, TextTable } from "../../components/table/copy-as.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { PagedTable } from "../../components/table/paged-table.tsx";
import type { PagedColumn, PageQuestion } from "../../components/table/paged-table.tsx";
import { describeEntityFilter } from "./describe-filter.ts";
import { FilterPills } from "./filter-pills.tsx";
import { useEntityFilter } from "./use-entity-filter.ts";

/** The most rows a copy takes: more belongs in a file, not on a clipboard. */
const mostCopied = 10_000;

export interface EntityColumn<Row> extends PagedColumn<Row> {
  /** For copies. */
  readonly value: (row: Row) => CellValue;
}

interface EntityTableProps<Row> {
  readonly label: string;
  readonly searchLabel: string;
  /** How many there are before any narrowing. */
  readonly all: number;
  readonly columns: readonly EntityColumn<Row>[];
  readonly page: (offset: number, limit: number, sorting: { id: string; descending: boolean }) => PageQuestion<Row>;
}

/** Users or films of a snapshot, narrowed by the address and by a text, sorted and paged by the engine. */
export function EntityTable<Row>({ label, searchLabel, all, columns, page }: EntityTableProps<Row>) {
  const { filter, setText, remove } = useEntityFilter();
  const [sorting, setSorting] = useState<SortingState>([{ id: "ratings", desc: true }]);
  const [typed, setTyped] = useState(filter.text ?? "");
  const search = useDebouncedCallback(setText, 300);
  const order = { id: sorting[0]?.id ?? "ratings", descending: sorting[0]?.desc ?? true };
  const { text: _text, ...narrowed } = filter;
  const copy = async (): Promise<TextTable> => {
    const rows: Row[] = [];
    const signal = new AbortController().signal;
    for (;;) {
      const { total, rows: more } = await page(rows.length, 1000, order).queryFn({ signal });
      rows.push(...more);
      if (more.length === 0 || rows.length >= Math.min(total, mostCopied)) break;
    }
    return {
      columns: columns.map(({ header }) => header),
      rows: rows.map((row) => columns.map(({ value }) => value(row))),
    };
  };
  return (
    <>
      <Group justify="space-between" align="flex-end" gap="sm">
        <Group gap="sm" align="flex-end">
          <TextInput
            label={searchLabel}
            w={260}
            value={typed}
            onChange={({ currentTarget }) => {
              setTyped(currentTarget.value);
              search(currentTarget.value);
            }}
          />
          <FilterPills label="Narrowed to" said={describeEntityFilter(narrowed)} onRemove={remove} />
        </Group>
        <Group gap="sm">
          {all > mostCopied && (
            <Text size="xs" c="dimmed">
              a copy takes at most {formatCount(mostCopied)}
            </Text>
          )}
          <CopyMenu table={copy} />
        </Group>
      </Group>
      <PagedTable
        key={JSON.stringify([filter, order])}
        label={label}
        columns={columns}
        sorting={sorting}
        onSorting={setSorting}
        height="max(360px, calc(100vh - 380px))"
        page={(offset, limit) => page(offset, limit, order)}
      />
    </>
  );
}
