import { useQueries } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEngine } from "../../transport/engine-context.tsx";
import { methodQuery } from "../../transport/hooks.ts";
import { ComparisonPanel } from "./comparison-panel.tsx";
import { RunDrawer } from "./run-drawer.tsx";

const route = getRouteApi("/compare");
/** As many as the engine compares at once. */
export const mostChosen = 50;

/** The chosen runs whole, with curves and reports, against each other; and the one that is looked at. */
export function ChosenRuns() {
  const { run: chosen = [], open } = route.useSearch();
  const navigate = route.useNavigate();
  const { connection } = useEngine();
  const answers = useQueries({
    queries: chosen.slice(0, mostChosen).map((runId) => methodQuery(connection, "runs.get", { runId })),
  });
  // A link may name runs that are gone by now.
  const runs = answers.flatMap(({ data }) => data ?? []);
  const waiting = answers.some(({ isPending }) => isPending);
  return (
    <>
      {!(waiting && runs.length === 0) && <ComparisonPanel runs={runs} />}
      <RunDrawer
        runId={open ?? null}
        onClose={() => void navigate({ search: (before) => ({ ...before, open: undefined }), replace: true })}
      />
    </>
  );
}
