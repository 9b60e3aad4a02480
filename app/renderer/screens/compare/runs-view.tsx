import { Group, Select, Stack, Switch, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { InTurn } from "../../charts/in-turn.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { plainNotation } from "../../components/format/notation.ts";
import { ColumnChooser, inOrder } from "../../components/table/column-chooser.tsx";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { textOf } from "../../components/table/data-table.tsx";
import { useColumnLayout } from "../../components/table/use-column-layout.ts";
import { compareSearch } from "../../search-params.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { mostChosen } from "./chosen-runs.tsx";
import { RunBulkMenu } from "./run-bulk-menu.tsx";
import { fieldOfColumn, hiddenAtFirst, runColumns } from "./run-columns.tsx";
import { RunSearchBox } from "./run-search-box.tsx";
import { runsFound, runsPage, RunsTable } from "./runs-table.tsx";
import { orderOf, runQuestion } from "./run-question.ts";
import type { CompareSearch, RunQuestion } from "./run-question.ts";
import { useSplitNames } from "./use-split-names.ts";
import { ViewsMenu } from "./views-menu.tsx";

const route = getRouteApi("/compare");
type Facets = MethodOutput<"runs.facets">;
const none: readonly never[] = [];
const tableHeight = 340;

/** All runs of the workspace: searched, grouped, sorted, chosen. */
export function RunsView({ facets }: { readonly facets: Facets }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { connection } = useEngine();
  const { data: splits = none } = useQueryMethod("splits.list", {});
  const { data: snapshots = none } = useQueryMethod("snapshots.list", {});
  const { data: algorithms = none } = useQueryMethod("algorithms.list", {});
  const columns = useMemo(
    () => runColumns(facets, { splits, snapshots, algorithms, baselineId: search.baseline }),
    [facets, splits, snapshots, algorithms, search.baseline],
  );
  const [layout, setLayout] = useColumnLayout("runs", { hidden: hiddenAtFirst(columns), pinned: ["name"], order: [] });
  const [folded, setFolded] = useState<readonly (string | null)[]>([]);
  const update = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const order = orderOf(search);
  const sorting = useMemo(() => [{ id: order.column, desc: order.descending }], [order.column, order.descending]);
  const question: RunQuestion = {
    ...runQuestion(search),
    groupBy: search.group === undefined ? null : fieldOfColumn(search.group),
    ...(search.group === undefined ? {} : { folded: [...folded] }),
  };
  const first = useQueryMethod("runs.query", { ...question, offset: 0, limit: runsPage }, { keepPrevious: true });
  // Other rows are drawn in pieces, between which the page answers.
  const shown = useDeferredValue(first.data);
  const chosen = search.run ?? [];
  const selected = new Set(chosen);
  const splitName = useSplitNames();
  const toggle = (id: string) => {
    if (!selected.delete(id)) {
      if (selected.size >= mostChosen) {
        tellFailure("That is enough", new Error(`At most ${String(mostChosen)} runs are compared at once.`));
        return;
      }
      selected.add(id);
    }
    update({ run: selected.size === 0 ? undefined : [...selected] });
  };
  const allFound = async (): Promise<readonly RunRow[]> => {
    const rows: RunRow[] = [];
    for (;;) {
      const page = await connection.request("runs.query", {
        ...question,
        groupBy: null,
        offset: rows.length,
        limit: 1000,
      });
      rows.push(...page.rows);
      if (page.rows.length === 0 || rows.length >= page.total) return rows;
    }
  };
  const groupable = columns.filter(({ id }) => !["name", "createdAt", "note"].includes(id));
  return (
    <Stack gap="xs">
      <Group gap="sm" justify="space-between" align="flex-start">
        <Group gap="sm" align="flex-start">
          <RunSearchBox
            value={search.filter ?? ""}
            facets={facets}
            onChange={(filter) => update({ filter: filter === "" ? undefined : filter })}
          />
          <Select
            aria-label="Split of the runs shown"
            placeholder="All splits"
            w={230}
            clearable
            allowDeselect
            clearButtonProps={{ "aria-label": "Show all splits" }}
            data={splits.map(({ id }) => ({ value: id, label: splitName(id) }))}
            value={search.split ?? null}
            onChange={(split) => update({ split: split ?? undefined })}
          />
          <Select
            aria-label="Group runs by"
            placeholder="No groups"
            w={150}
            clearable
            searchable
            allowDeselect
            clearButtonProps={{ "aria-label": "Show no groups" }}
            data={groupable.map(({ id, header }) => ({ value: id, label: plainNotation(header) }))}
            value={search.group ?? null}
            onChange={(group) => {
              setFolded([]);
              update({ group: group ?? undefined });
            }}
          />
        </Group>
        <Group gap="xs">
          <ViewsMenu
            current={{ search: viewOf(search), columns: { ...copied(layout) } }}
            onOpen={(view) => {
              if (view.columns !== null) setLayout(view.columns);
              const { run, open, baseline } = search;
              const kept = compareSearch.parse(view.search);
              void navigate({ search: { ...kept, run, open, baseline } });
            }}
          />
          <ColumnChooser columns={columns} layout={layout} onChange={setLayout} />
          <RunBulkMenu
            chosen={chosen}
            found={first.data?.matched ?? 0}
            foundIds={async () => (await allFound()).map(({ id }) => id)}
            tags={facets.tags.map(({ tag }) => tag)}
            onChooseBest={() => update({ run: first.data?.rows.slice(0, 5).map(({ id }) => id) })}
          />
          <CopyMenu
            label={chosen.length > 0 ? `Copy ${String(chosen.length)} as` : "Copy as"}
            table={async () => {
              const rows = await allFound();
              const wanted = chosen.length > 0 ? rows.filter(({ id }) => chosen.includes(id)) : rows;
              return textOf(inOrder(columns, layout.order), wanted, layout.hidden);
            }}
          />
        </Group>
      </Group>
      <Answer of={{ ...first, data: shown }} height={320} errorTitle="The runs cannot be shown">
        {(known) => (
          <InTurn height={tableHeight + 34}>
            <RunsTable
              question={question}
              first={known}
              columns={columns}
              layout={layout}
              sorting={sorting}
              onSorting={([wanted]) =>
                update({ sort: wanted?.id, descending: wanted?.desc === true ? true : undefined })
              }
              selected={selected}
              onToggle={toggle}
              onOpen={(open) => update({ open })}
              groupLabel={(value) => {
                if (value === null) return "none";
                if (search.group === "split") return splitName(value);
                if (search.group === "algorithm") return algorithms.find(({ id }) => id === value)?.name ?? value;
                return value;
              }}
              onFold={(value) =>
                setFolded(folded.includes(value) ? folded.filter((other) => other !== value) : [...folded, value])
              }
              maxHeight={tableHeight}
            />
            <Group justify="space-between">
              <Text size="xs" c="dimmed" role="status">
                {runsFound(known.matched)} found of {runsFound(facets.active + facets.archived)}
              </Text>
              <Group gap="md">
                <Switch
                  size="xs"
                  label="Trials of searches"
                  checked={search.trials ?? false}
                  onChange={({ currentTarget }) => update({ trials: currentTarget.checked ? true : undefined })}
                />
                <Switch
                  size="xs"
                  label={`Archived (${String(facets.archived)})`}
                  checked={search.show !== undefined}
                  onChange={({ currentTarget }) => update({ show: currentTarget.checked ? "all" : undefined })}
                />
              </Group>
            </Group>
          </InTurn>
        )}
      </Answer>
    </Stack>
  );
}

/** Of the address, what describes the table; who is chosen is no part of a view. */
function viewOf(search: CompareSearch) {
  const { filter, split, group, show, trials, sort, descending, tab, metric } = search;
  return Object.fromEntries(
    Object.entries({ filter, split, group, show, trials, sort, descending, tab, metric }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

function copied({ hidden, pinned, order }: ReturnType<typeof useColumnLayout>[0]) {
  return { hidden: [...hidden], pinned: [...pinned], order: [...order] };
}
