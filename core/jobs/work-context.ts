import type { Progress } from "../contract/entities.ts";

/** What every long piece of work is given. It looks at the signal at least once a second and then throws RB_CANCELLED. */
export interface WorkContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Called where the work can no longer be undone: it is not cancelled from there on, and ends as what it then comes to. */
  readonly onIrrevocable?: () => void;
}
