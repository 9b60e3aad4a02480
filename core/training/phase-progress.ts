import type { Progress } from "../contract/entities.ts";

/** Shares of a fold's time, roughly: only the bar's evenness depends on them. */
const phases = { load: [0, 0.05], fit: [0.05, 0.8], evaluate: [0.8, 1] } as const;
export type Phase = keyof typeof phases;

/**
 * One bar for the whole training, in percent, that never goes back: phases of folds, each with its own count, laid end to
 * end. The message says what is being done in its own unit.
 */
export function phaseProgress(
  folds: number,
  report: (progress: Progress) => void,
): (fold: number, phase: Phase) => (progress: Progress) => void {
  let furthest = 0;
  return (fold, phase) => (progress) => {
    const [from, to] = phases[phase];
    const within = progress.total === null || progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total);
    const percent = (100 * (fold + from + (to - from) * within)) / folds;
    furthest = Math.max(furthest, percent);
    const counted = progress.total === null ? "" : ` (${progress.done} of ${progress.total} ${progress.unit})`;
    const place = folds > 1 ? `Fold ${fold + 1} of ${folds}: ` : "";
    report({
      done: Math.round(furthest * 10) / 10,
      total: 100,
      unit: "percent",
      message: `${place}${progress.message}${counted}`,
    });
  };
}
