/** How long to wait before trying again what fails: longer after each failure in a row, never longer than the longest. */
export interface BackOff {
  /** Milliseconds to wait now that it has failed once more. */
  failed(): number;
  /** It worked: the next failure is the first again. */
  worked(): void;
}

/** @param first, longest in milliseconds. */
export function createBackOff({ first, longest }: { readonly first: number; readonly longest: number }): BackOff {
  let pause = first;
  return {
    failed() {
      const now = pause;
      pause = Math.min(longest, pause * 2);
      return now;
    },
    worked() {
      pause = first;
    },
  };
}
