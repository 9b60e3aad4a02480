import { Group, SegmentedControl, Select, Stack } from "@mantine/core";
import { IconMap2 } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { withDistinctNames } from "../../components/format/run-names.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { useRunChoice } from "../../transport/use-run-choice.ts";
import { FilmMapOf } from "./film-map-of.tsx";
import { MakeMap } from "./make-map.tsx";

const route = getRouteApi("/recommendations/map");

export function MapScreen() {
  const { run } = route.useSearch();
  const runs = useRunChoice("state = succeeded", run === undefined ? [] : [run]);
  return (
    <Screen
      title="Map of films"
      subtitle="What a model has learned about films, laid out in two dimensions: films that it takes for alike lie near each other."
      actions={
        <LinkButton to="/recommendations" variant="default">
          Recommendations
        </LinkButton>
      }
    >
      <Answer of={runs} height={480}>
        {(known) => (
          <WithRuns runs={known.filter(({ state, modelHash }) => state === "succeeded" && modelHash !== null)} />
        )}
      </Answer>
    </Screen>
  );
}

/** Those have no factors of films. They can be asked for all the same, and are then told why. */
const withoutFactors: ReadonlySet<string> = new Set(["popularity", "biases", "ease", "slim", "item-knn", "user-knn"]);

function WithRuns({ runs }: { readonly runs: readonly RunRow[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const newest = withDistinctNames([...runs].sort((left, right) => (left.createdAt < right.createdAt ? 1 : -1)));
  const chosen =
    search.run === undefined
      ? (newest.find(({ algorithm }) => !withoutFactors.has(algorithm)) ?? newest[0])
      : newest.find(({ id }) => id === search.run);
  if (newest.length === 0 || (chosen === undefined && search.run === undefined)) {
    return (
      <EmptyState
        icon={IconMap2}
        title="No model to map yet"
        actions={<LinkButton to="/train">Go to Train</LinkButton>}
      >
        Train a model with factors first: biased SVD, ALS, PureSVD or another of their kind.
      </EmptyState>
    );
  }
  const method = search.method ?? "pca";
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <Select
          label="Model"
          w={300}
          searchable
          limit={60}
          data={newest.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen?.id ?? null}
          placeholder="Choose a model"
          onChange={(id) =>
            id !== null && void navigate({ search: ({ colour, method: kept }) => ({ run: id, colour, method: kept }) })
          }
        />
        <SegmentedControl
          aria-label="How films are laid out"
          data={[
            { value: "pca", label: "PCA" },
            { value: "umap", label: "UMAP" },
          ]}
          value={method}
          onChange={(value) =>
            // Places and outlines mean nothing on another map; the film does.
            void navigate({
              search: ({ run, colour, film }) => ({
                run,
                colour,
                film,
                ...(value === "umap" ? { method: "umap" as const } : {}),
              }),
            })
          }
        />
      </Group>
      {chosen === undefined ? (
        <ErrorPanel
          error={new Error(`The run ${search.run ?? ""} of this link is not in the workspace, or has left no model.`)}
          title="This model is not here"
        />
      ) : (
        <OfRun key={`${chosen.id} ${method}`} run={chosen} method={method} seed={search.seed ?? 42} />
      )}
    </Stack>
  );
}

function OfRun({
  run,
  method,
  seed,
}: {
  readonly run: RunRow;
  readonly method: "pca" | "umap";
  readonly seed: number;
}) {
  const request = { runId: run.id, method, seed };
  const answer = useQueryMethod("embedding.get", request);
  return (
    <Answer of={answer} height={480} errorTitle={`${run.name} has no map`}>
      {({ map, making }) =>
        map === null ? (
          <MakeMap run={run} request={request} making={making} />
        ) : (
          <FilmMapOf run={run} request={request} map={map} />
        )
      }
    </Answer>
  );
}
