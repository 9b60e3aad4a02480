import { ReelbenchError } from "../contract/errors.ts";

/** A place where only so many may work at once: one training, a few imports. First come, first served. */
export interface Lane {
  /** The way to leave, or null where it is full or others wait. */
  tryEnter(): (() => void) | null;
  /** Waits for a place. Rejects with RB_CANCELLED when the signal aborts first. */
  enter(signal: AbortSignal): Promise<() => void>;
  /** Told whenever a place may have become free. */
  onFree(listener: () => void): void;
}

export function createLane(places: number): Lane {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const listeners: (() => void)[] = [];
  const take = () => {
    inside += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      waiting.shift()?.();
      for (const listener of listeners) listener();
    };
  };
  return {
    tryEnter: () => (inside < places && waiting.length === 0 ? take() : null),
    enter: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new ReelbenchError("RB_CANCELLED"));
        if (inside < places && waiting.length === 0) return resolve(take());
        const admit = () => {
          signal.removeEventListener("abort", giveUp);
          resolve(take());
        };
        const giveUp = () => {
          waiting.splice(waiting.indexOf(admit), 1);
          reject(new ReelbenchError("RB_CANCELLED"));
        };
        waiting.push(admit);
        signal.addEventListener("abort", giveUp, { once: true });
      }),
    onFree: (listener) => void listeners.push(listener),
  };
}
