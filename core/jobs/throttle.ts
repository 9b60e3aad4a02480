export interface Throttle<T> {
  /** Passes the value on now, or, when the last was passed on too recently, the newest one later. */
  push(value: T): void;
  /** Forgets what waits. */
  stop(): void;
}

/** At most one value per interval; the last one always arrives unless stopped. */
export function throttle<T>(milliseconds: number, pass: (value: T) => void): Throttle<T> {
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let newest: T;
  const flush = () => {
    timer = undefined;
    last = performance.now();
    pass(newest);
  };
  return {
    push(value) {
      newest = value;
      if (timer !== undefined) return;
      const wait = last + milliseconds - performance.now();
      if (wait <= 0) flush();
      else timer = setTimeout(flush, wait);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
