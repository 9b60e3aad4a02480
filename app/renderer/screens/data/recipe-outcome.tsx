import { Divider, Group, Loader, Switch, Text } from "@mantine/core";
import type { Recipe } from "../../../../core/contract/entities.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatCount, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import { impliedSteps } from "./recipe-editing.ts";
import type { RecipeCounting } from "./use-recipe-preview.ts";

/** What the whole recipe leaves, while it is being written. */
export function RecipeOutcome({
  steps,
  counting: { counts, counting, error, on, setOn },
}: {
  readonly steps: Recipe;
  readonly counting: RecipeCounting;
}) {
  const preview = counts?.preview;
  const last = preview?.steps.at(-1);
  const settled = impliedSteps(steps) === 1 ? preview?.steps[0] : undefined;
  const left = last ?? (preview === undefined ? undefined : { ...preview, after: preview.ratings });
  return (
    <>
      <Divider my="sm" />
      {error !== null && !counting && <ErrorPanel error={error} title="The steps could not be counted" />}
      <Group justify="space-between" gap="md" wrap="nowrap">
        <div role="status" aria-label="What the recipe leaves" aria-busy={counting}>
          {preview !== undefined && left !== undefined && (
            <Text size="sm" {...(counts?.stale === true ? { c: "dimmed" } : {})}>
              Leaves <b>{formatCount(left.after)}</b> of {formatQuantity(preview.ratings, "rating")} (
              {formatShare(preview.ratings === 0 ? 0 : left.after / preview.ratings)}), {formatCount(left.users)} of{" "}
              {formatQuantity(preview.users, "user")}, {formatCount(left.items)} of{" "}
              {formatQuantity(preview.items, "film")}.
              {settled !== undefined &&
                settled.before > settled.after &&
                ` ${formatQuantity(settled.before - settled.after, "duplicate")} settled first: the last rating counts.`}
              {left.after === 0 && " Nothing is left to make a snapshot of."}
            </Text>
          )}
        </div>
        <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
          {counting && <Loader size="xs" role="img" aria-label="Counting" />}
          <Switch
            size="xs"
            label="Count while editing"
            checked={on}
            onChange={({ currentTarget }) => setOn(currentTarget.checked)}
          />
        </Group>
      </Group>
    </>
  );
}
