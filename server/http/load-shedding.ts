/** Which requests are turned away while more come than this process can answer. */
export interface LoadShedding {
  /** The event loop came `late` milliseconds after the time it was asked for, `elapsed` milliseconds after the last look. */
  note(late: number, elapsed: number): void;
  /** Milliseconds by which the event loop is late, smoothed. */
  lag(): number;
  /** Whether the next request is turned away. To be asked once for each. */
  refuses(): boolean;
}

/** Milliseconds that the lag is smoothed over: a pause of the garbage collector turns nobody away. */
const smoothing = 500;
/** Some are always let in, so that what they cost is seen. */
const mostRefused = 0.9;
const lookEvery = 20;

/**
 * Work for a request waits in the event loop before any queue of ours sees it, and everyone waits equally: without a
 * bound, more requests than can be answered make every answer late. Above `limit` milliseconds of lag a share of them is
 * turned away, growing to nine in ten at twice the limit, so that those let in are answered in time.
 */
export function createLoadShedding(limit: number): LoadShedding {
  let lag = 0;
  let owed = 0;
  return {
    note: (late, elapsed) => {
      lag += (late - lag) * (1 - Math.exp(-elapsed / smoothing));
    },
    lag: () => lag,
    refuses: () => {
      if (lag <= limit) return false;
      // Spread evenly instead of drawn: one in three is every third.
      owed += Math.min(mostRefused, lag / limit - 1);
      if (owed < 1) return false;
      owed -= 1;
      return true;
    },
  };
}

/** Notes the lag of this process's event loop until the returned function is called. */
export function watchEventLoop({ note }: Pick<LoadShedding, "note">): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const elapsed = now - last;
    last = now;
    note(Math.max(0, elapsed - lookEvery), elapsed);
  }, lookEvery).unref();
  return () => clearInterval(timer);
}
