import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useState } from "react";
import type { Recipe } from "../../../../core/contract/entities.ts";
import type { RecipePreview } from "../../../../core/contract/snapshot-tables.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

const pause = 350;

export interface RecipeCounting {
  readonly counts: { readonly preview: RecipePreview; readonly stale: boolean } | null;
  readonly counting: boolean;
  readonly error: unknown;
  /** Whether a change is counted by itself; switched off where that takes too long. */
  readonly on: boolean;
  readonly setOn: (on: boolean) => void;
}

/** Lets the engine count what a recipe leaves, once somebody has paused changing it. */
export function useRecipePreview(sourceIds: readonly string[], recipe: Recipe): RecipeCounting {
  const { connection } = useEngine();
  const [session] = useState(() => Math.random().toString(36).slice(2));
  const [on, setOn] = useState(true);
  const asked = JSON.stringify({ sourceIds, recipe });
  const [settled] = useDebouncedValue(asked, pause);
  const input = JSON.parse(settled) as { sourceIds: string[]; recipe: Recipe };
  const answer = useQueryMethod(
    "snapshots.preview",
    { ...input, session },
    { keepPrevious: true, enabled: on && input.sourceIds.length > 0 },
  );
  useEffect(
    () => () => {
      // Nobody looks any more; should it not arrive, it ends by itself.
      connection.request("snapshots.stopPreview", { session }).catch(() => undefined);
    },
    [connection, session],
  );
  const counting = on && sourceIds.length > 0 && (answer.isFetching || settled !== asked);
  return {
    counts: answer.data === undefined ? null : { preview: answer.data, stale: counting || !on },
    counting,
    error: answer.error,
    on,
    setOn: (wanted) => {
      setOn(wanted);
      if (!wanted) connection.request("snapshots.stopPreview", { session }).catch(() => undefined);
    },
  };
}
