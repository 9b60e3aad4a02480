import { useQueries } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import type { Run } from "../../../../core/contract/entities.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { methodQuery } from "../../transport/hooks.ts";
import { ComparisonPanel } from "./comparison-panel.tsx";
import { RunDrawer } from "./run-drawer.tsx";

const route = getRouteApi("/compare");
/** As many as the engine compares at once. */
export const mostChosen = 50;
const nothing: readonly string[] = [];

/** The chosen runs whole, with curves and reports, against each other; and the one that is looked at. */
export function ChosenRuns() {
  const chosen = route.useSearch({ select: ({ run = nothing }) => run, structuralSharing: true });
  const open = route.useSearch({ select: (search) => search.open });
  const navigate = route.useNavigate();
  const { connection } = useEngine();
  const answered = useQueries({
    queries: chosen.slice(0, mostChosen).map((runId) => methodQuery(connection, "runs.get", { runId })),
    combine: whatCame,
  });
  // The table answers to the click at once; what is below follows in pieces.
  const { runs, isWaiting } = useDeferredValue(answered);
  return (
    <>
      {!(isWaiting && runs.length === 0) && <ComparisonPanel runs={runs} />}
      <RunDrawer
        runId={open ?? null}
        onClose={() => void navigate({ search: (before) => ({ ...before, open: undefined }), replace: true })}
      />
    </>
  );
}

/** A link may name runs that are gone by now. */
function whatCame(answers: readonly UseQueryResult<Run>[]) {
  return { runs: answers.flatMap(({ data }) => data ?? []), isWaiting: answers.some(({ isPending }) => isPending) };
}
