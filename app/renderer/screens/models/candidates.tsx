import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconBox } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { findMetric, formatMetric, metricLabel, metricNames } from "../../components/format/metrics.ts";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { DataTable } from "../../components/table/data-table.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import { useCommand } from "../../transport/hooks.ts";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { versionTitle } from "./model-name.ts";

const route = getRouteApi("/models");

interface CandidatesProps {
  readonly rows: readonly RunRow[];
  readonly total: number;
  readonly filter: string;
}

/** Saved models that are no version yet. */
export function Candidates({ rows, total, filter }: CandidatesProps) {
  const [asked, setAsked] = useState<RunRow | null>(null);
  const { algorithm } = useAlgorithmNames();
  if (rows.length === 0) {
    return (
      <EmptyState icon={IconBox} title="No candidate" actions={<LinkButton to="/train">Train a model</LinkButton>}>
        Every finished run that left a model stands here until it is registered or published.
      </EmptyState>
    );
  }
  return (
    <Stack gap="xs">
      {total > rows.length && (
        <Text size="sm" c="dimmed">
          The newest {formatCount(rows.length)} of {formatQuantity(total, "saved model")}.
        </Text>
      )}
      <DataTable
        label="Candidates"
        columns={columnsFor(rows, algorithm, setAsked)}
        rows={rows}
        rowId={({ id }) => id}
        rowLabel={({ name }) => name}
        filter={filter}
        onOpen={setAsked}
        maxHeight="calc(100vh - 240px)"
      />
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={`Register ${asked?.name ?? ""}`}>
        {asked !== null && <RegisterForm run={asked} onDone={() => setAsked(null)} />}
      </Modal>
    </Stack>
  );
}

function columnsFor(
  rows: readonly RunRow[],
  algorithmName: (id: string) => string,
  onRegister: (run: RunRow) => void,
): readonly DataColumn<RunRow>[] {
  const metrics = metricNames(rows)
    .filter((name) => /^(ndcg@|recall@|rmse)/.test(name))
    .slice(0, 3);
  return [
    {
      id: "run",
      header: "Run",
      width: 230,
      value: ({ name }) => name,
      cell: ({ id, name }) => (
        <TextLink to="/compare" search={{ open: id }}>
          {name}
        </TextLink>
      ),
    },
    {
      id: "register",
      header: "Register",
      width: 120,
      value: () => null,
      cell: (run) => (
        <Button size="compact-xs" variant="default" aria-label={`Register ${run.name}`} onClick={() => onRegister(run)}>
          Register…
        </Button>
      ),
    },
    { id: "algorithm", header: "Algorithm", width: 110, value: ({ algorithm }) => algorithmName(algorithm) },
    ...metrics.map((name): DataColumn<RunRow> => ({
      id: name,
      header: metricLabel(name),
      width: 96,
      numeric: true,
      bestFirst: /^(rmse|mae)/.test(name) ? "low" : "high",
      value: (run) => findMetric(run.metrics, name)?.value ?? null,
      cell: (run) => {
        const metric = findMetric(run.metrics, name);
        return metric === undefined ? "–" : formatMetric(metric.value);
      },
    })),
    {
      id: "created",
      header: "Trained",
      width: 150,
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => formatDateTime(createdAt),
    },
  ];
}

function RegisterForm({ run, onDone }: { readonly run: RunRow; readonly onDone: () => void }) {
  const navigate = route.useNavigate();
  const register = useCommand("models.register");
  const [model, setModel] = useState("recommender");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        register.mutate(
          { runId: run.id, model: model.trim() },
          {
            onSuccess: (version) => {
              tellDone(`Registered as ${versionTitle(version)}.`);
              onDone();
              void navigate({ to: "/models/$modelId", params: { modelId: version.id } });
            },
          },
        );
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name of the model"
          description="Versions of one name are numbered 1, 2, …, and share their aliases."
          data-autofocus
          required
          maxLength={100}
          value={model}
          onChange={({ currentTarget }) => setModel(currentTarget.value)}
        />
        {register.error !== null && <ErrorPanel error={register.error} title="It was not registered" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={register.isPending} disabled={model.trim() === ""}>
            Register
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
