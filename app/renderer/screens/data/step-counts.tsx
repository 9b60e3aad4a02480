import { Text } from "@mantine/core";
import { formatCount, formatShare } from "../../components/format/numbers.ts";
import type { CountsOfStep } from "./recipe-editing.ts";

/** Ratings before and after a step, and who is left. */
export function StepCounts({ counts, stale }: { readonly counts: CountsOfStep | undefined; readonly stale: boolean }) {
  if (counts === undefined) return null;
  const { before, after, users, items } = counts;
  const removed = before - after;
  return (
    <Text size="xs" mt={6} {...(stale ? { c: "dimmed" } : {})} aria-busy={stale}>
      {formatCount(before)} → <b>{formatCount(after)}</b> ratings
      {removed === 0
        ? ", none removed"
        : `, ${formatCount(removed)} removed (${formatShare(before === 0 ? 0 : removed / before)})`}
      ; {formatCount(users)} users, {formatCount(items)} films left
    </Text>
  );
}
