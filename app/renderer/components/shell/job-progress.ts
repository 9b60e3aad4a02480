import type { Job, Progress } from "../../../../core/contract/entities.ts";
import { formatBytes, formatCount } from "../format/numbers.ts";

/** 0…1, or null while it is not known how much there is. */
export function progressShare(progress: Progress | null): number | null {
  if (progress === null || progress.total === null || progress.total <= 0) return null;
  return Math.min(1, progress.done / progress.total);
}

/** Seconds still to go at the average pace so far; null before there is anything to go by. */
export function secondsLeft(job: Job, now: number): number | null {
  const share = progressShare(job.progress);
  if (share === null || share < 0.02 || job.startedAt === null || job.state !== "running") return null;
  const elapsed = (now - new Date(job.startedAt).getTime()) / 1000;
  if (elapsed < 1) return null;
  return (elapsed * (1 - share)) / share;
}

/** "34,000 of 100,000 rows", "1.2 of 5.6 MB". */
export function progressText(progress: Progress): string {
  if (progress.unit === "percent") return `${String(Math.round(progress.done))}%`;
  const amount = progress.unit === "bytes" ? formatBytes : formatCount;
  const unit = progress.unit === "bytes" ? "" : ` ${progress.unit}`;
  return progress.total === null
    ? `${amount(progress.done)}${unit}`
    : `${amount(progress.done)} of ${amount(progress.total)}${unit}`;
}
