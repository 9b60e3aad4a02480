import { Group, Select, Stack, TextInput } from "@mantine/core";
import { IconArrowsDiff, IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Run } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { ColumnChooser, inOrder } from "../../components/table/column-chooser.tsx";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { DataTable, textOf } from "../../components/table/data-table.tsx";
import { useColumnLayout } from "../../components/table/use-column-layout.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { splitTitle } from "../train/protocol-text.ts";
import { ComparisonPanel } from "./comparison-panel.tsx";
import { hiddenAtFirst, runColumns } from "./run-columns.tsx";
import { RunDrawer } from "./run-drawer.tsx";

const route = getRouteApi("/compare");
const noRuns: readonly Run[] = [];

export function CompareScreen() {
  const runs = useQueryMethod("runs.list", {});
  return (
    <Screen
      title="Compare"
      subtitle="Choose runs in the table; the comparison below follows. Space chooses a row, Enter shows its particulars."
    >
      <Answer of={runs} height={360}>
        {(known) => (known.length === 0 ? <NoRuns /> : <RunsAndComparison runs={known} />)}
      </Answer>
    </Screen>
  );
}

function NoRuns() {
  return (
    <EmptyState
      icon={IconArrowsDiff}
      title="No runs to compare yet"
      actions={<LinkButton to="/train">Go to Train</LinkButton>}
    >
      Train at least two algorithms on one split. Start with popularity: it is what every other model must beat.
    </EmptyState>
  );
}

function RunsAndComparison({ runs }: { readonly runs: readonly Run[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: splits = [] } = useQueryMethod("splits.list", {});
  const { data: snapshots = [] } = useQueryMethod("snapshots.list", {});
  const { data: algorithms = [] } = useQueryMethod("algorithms.list", {});
  const inSplit = useMemo(
    () => (search.split === undefined ? runs : runs.filter(({ splitId }) => splitId === search.split)),
    [runs, search.split],
  );
  const columns = useMemo(
    () => runColumns(inSplit, { splits, snapshots, algorithms, baselineId: search.baseline }),
    [inSplit, splits, snapshots, algorithms, search.baseline],
  );
  const [layout, setLayout] = useColumnLayout("runs", {
    hidden: [...hiddenAtFirst(columns)],
    pinned: ["name"],
    order: [],
  });
  const chosenIds = search.run ?? [];
  const selected = useMemo(() => new Set(search.run ?? []), [search.run]);
  const chosen = chosenIds.flatMap((id) => runs.find((run) => run.id === id) ?? []);
  const shown = chosen.length > 0 ? inSplit.filter(({ id }) => selected.has(id)) : inSplit;
  const update = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <Stack gap="md">
      <Group gap="sm" justify="space-between">
        <Group gap="sm">
          <TextInput
            aria-label="Filter runs"
            placeholder="Filter runs"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={search.filter ?? ""}
            w={220}
            onChange={({ currentTarget }) =>
              update({ filter: currentTarget.value === "" ? undefined : currentTarget.value })
            }
          />
          <Select
            aria-label="Split of the runs shown"
            placeholder="All splits"
            w={300}
            clearable
            allowDeselect
            clearButtonProps={{ "aria-label": "Show all splits" }}
            data={splits.map((split) => ({
              value: split.id,
              label: `${snapshots.find(({ id }) => id === split.snapshotId)?.name ?? ""} · ${splitTitle(split)}`,
            }))}
            value={search.split ?? null}
            onChange={(split) => update({ split: split ?? undefined })}
          />
        </Group>
        <Group gap="xs">
          <ColumnChooser columns={columns} layout={layout} onChange={setLayout} />
          <CopyMenu
            label={chosen.length > 0 ? `Copy ${String(shown.length)} as` : "Copy as"}
            table={() => textOf(inOrder(columns, layout.order), shown, layout.hidden)}
          />
        </Group>
      </Group>
      <DataTable
        label="Runs"
        columns={columns}
        rows={inSplit.length === 0 ? noRuns : inSplit}
        rowId={({ id }) => id}
        rowLabel={({ name }) => name}
        layout={layout}
        filter={search.filter ?? ""}
        sorting={[
          { id: search.sort ?? "createdAt", desc: search.sort === undefined ? true : search.descending === true },
        ]}
        onSorting={([sorting]) => update({ sort: sorting?.id, descending: sorting?.desc === true ? true : undefined })}
        selected={selected}
        onSelect={(ids) => update({ run: ids.size === 0 ? undefined : [...ids] })}
        onOpen={({ id }) => update({ open: id })}
        maxHeight={320}
      />
      <ComparisonPanel runs={chosen} />
      <RunDrawer runId={search.open ?? null} onClose={() => update({ open: undefined })} />
    </Stack>
  );
}
