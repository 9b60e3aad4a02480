import { Stack } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { InTurn } from "../../charts/in-turn.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { ChosenRuns } from "./chosen-runs.tsx";
import { RunsView } from "./runs-view.tsx";

export function CompareScreen() {
  const facets = useQueryMethod("runs.facets", { trials: true });
  return (
    <Screen
      title="Compare"
      subtitle="Choose runs in the table; the comparison below follows. Space chooses a row, Enter shows its particulars."
    >
      <Answer of={facets} height={360}>
        {(known) =>
          known.active + known.archived === 0 ? (
            <NoRuns />
          ) : (
            <Stack gap="md">
              <RunsView facets={known} />
              <InTurn height={0}>
                <ChosenRuns />
              </InTurn>
            </Stack>
          )
        }
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
