import { SegmentedControl, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { ReactNode } from "react";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { runQuestion } from "./run-question.ts";
import { SplitNote } from "./split-note.tsx";

const route = getRouteApi("/compare");
/** More would be a cloud. */
const most = 500;

interface ChosenOrFoundProps {
  readonly chosen: readonly RunRow[];
  readonly children: (runs: readonly RunRow[], note: string) => ReactNode;
}

/** Charts of many runs: those chosen, or all that the table finds. */
export function ChosenOrFound({ chosen, children }: ChosenOrFoundProps) {
  const [wanted, setWanted] = useState<"chosen" | "found" | null>(null);
  const scope = wanted ?? (chosen.length >= 2 ? "chosen" : "found");
  return (
    <Stack gap="sm">
      {chosen.length > 0 && (
        <SegmentedControl
          aria-label="Runs drawn"
          style={{ alignSelf: "flex-start" }}
          data={[
            { value: "chosen", label: `The ${String(chosen.length)} chosen` },
            { value: "found", label: "All in the table" },
          ]}
          value={scope}
          onChange={(value) => setWanted(value === "chosen" ? "chosen" : "found")}
        />
      )}
      {scope === "chosen" ? <OfRuns runs={chosen}>{children(chosen, "")}</OfRuns> : <Found>{children}</Found>}
    </Stack>
  );
}

function OfRuns({ runs, children }: { readonly runs: readonly RunRow[]; readonly children: ReactNode }) {
  return (
    <Stack gap="sm">
      <SplitNote runs={runs} />
      {children}
    </Stack>
  );
}

function Found({ children }: Pick<ChosenOrFoundProps, "children">) {
  const question = runQuestion(route.useSearch());
  const found = useQueryMethod("runs.query", { ...question, limit: most }, { keepPrevious: true });
  return (
    <Answer of={found} height={360}>
      {({ matched, rows }) => {
        const finished = rows.filter(({ state }) => state === "succeeded");
        const note =
          matched > rows.length
            ? `The first ${String(rows.length)} of ${String(matched)} runs in the table's order.`
            : "";
        return <OfRuns runs={finished}>{children(finished, note)}</OfRuns>;
      }}
    </Answer>
  );
}
