import { Text } from "@mantine/core";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import type { PersonRating } from "../../search-params.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { ModelList } from "./model-list.tsx";
import styles from "./recommendations.module.css";

interface UserModelsProps {
  readonly models: readonly RunRow[];
  readonly snapshot: Snapshot;
  readonly userId: string | undefined;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly showHeldOut: boolean;
}

export function UserModels({ models, userId, n, excludeSeen, showHeldOut }: UserModelsProps) {
  if (userId === undefined) return <Hint>The lists appear here, one for each model.</Hint>;
  if (models.length === 0) return <Hint>Choose at least one model.</Hint>;
  return (
    <div className={styles["models"]}>
      {models.map((run) => (
        <UserModel key={run.id} run={run} userId={userId} n={n} excludeSeen={excludeSeen} showHeldOut={showHeldOut} />
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

function UserModel({
  run,
  userId,
  n,
  excludeSeen,
  showHeldOut,
}: {
  readonly run: RunRow;
  readonly userId: string;
  readonly n: number;
  readonly excludeSeen: boolean;
  readonly showHeldOut: boolean;
}) {
  const answer = useQueryMethod(
    "recommend.forUser",
    { runId: run.id, userId, n, excludeSeen, showHeldOut, explain: true },
    { keepPrevious: true },
  );
  return <ModelList run={run} answer={answer} />;
}

interface PersonModelsProps {
  readonly models: readonly RunRow[];
  readonly ratings: readonly PersonRating[];
  readonly n: number;
}

export function PersonModels({ models, ratings, n }: PersonModelsProps) {
  if (models.length === 0) return <Hint>Choose at least one model.</Hint>;
  return (
    <div className={styles["models"]}>
      {models.map((run) => (
        <PersonModel key={run.id} run={run} ratings={ratings} n={n} />
      ))}
    </div>
  );
}

function PersonModel({
  run,
  ratings,
  n,
}: {
  readonly run: RunRow;
  readonly ratings: readonly PersonRating[];
  readonly n: number;
}) {
  const answer = useQueryMethod(
    "recommend.foldIn",
    { runId: run.id, ratings: ratings.map(([itemId, rating]) => ({ itemId, rating })), n, explain: true },
    { keepPrevious: true },
  );
  return <ModelList run={run} answer={answer} />;
}
