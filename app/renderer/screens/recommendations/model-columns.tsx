import { Text } from "@mantine/core";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import type { Wishes } from "./list-wishes.tsx";
import { ModelList } from "./model-list.tsx";
import styles from "./recommendations.module.css";

interface ModelColumnsProps {
  readonly models: readonly RunRow[];
  /** Null: nobody is chosen yet. */
  readonly who: MethodInput<"recommend.list">["who"] | null;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly showHeldOut: boolean;
  readonly wishes: Wishes;
}

/** One list for each model, side by side. */
export function ModelColumns({ models, who, ...question }: ModelColumnsProps) {
  if (who === null) return <Hint>The lists appear here, one for each model.</Hint>;
  if (models.length === 0) return <Hint>Choose at least one model.</Hint>;
  return (
    <div className={styles["models"]}>
      {models.map((run) => (
        <ModelColumn key={run.id} run={run} who={who} {...question} />
      ))}
    </div>
  );
}

function Hint({ children }: { readonly children: string }) {
  return (
    <Text size="sm" c="dimmed" p="md">
      {children}
    </Text>
  );
}

interface ModelColumnProps extends Omit<ModelColumnsProps, "models" | "who"> {
  readonly run: RunRow;
  readonly who: MethodInput<"recommend.list">["who"];
}

function ModelColumn({ run, who, n, excludeSeen, showHeldOut, wishes }: ModelColumnProps) {
  const { genre, from, to, diversity = 0, novelty = 0 } = wishes;
  const answer = useQueryMethod(
    "recommend.list",
    {
      runId: run.id,
      who,
      n,
      excludeSeen,
      showHeldOut,
      filter: {
        ...(genre === undefined ? {} : { genres: [...genre] }),
        ...(from === undefined ? {} : { yearFrom: from }),
        ...(to === undefined ? {} : { yearTo: to }),
      },
      diversity,
      novelty,
      explain: true,
    },
    { keepPrevious: true },
  );
  return <ModelList run={run} answer={answer} />;
}
