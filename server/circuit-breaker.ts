/**
 * Keeps a slow or dead neighbour from slowing us: no operation waits longer than `timeout`, and after `failures` in a row
 * none is tried for `pause` milliseconds, after which one at a time tries again.
 */
export interface CircuitBreaker {
  /** Rejects with what the operation rejected with, or with `BreakerError`. */
  run<T>(operation: () => Promise<T>): Promise<T>;
  isOpen(): boolean;
}

export class BreakerError extends Error {
  override readonly name = "BreakerError";
}

export function createCircuitBreaker(options: {
  readonly timeout: number;
  readonly failures: number;
  readonly pause: number;
  /** Failures that say nothing about the neighbour's health (a refused value, a broken rule). */
  readonly isHealthy?: (error: unknown) => boolean;
  readonly now?: () => number;
}): CircuitBreaker {
  const now = options.now ?? (() => performance.now());
  let failures = 0;
  let openUntil = -Infinity;

  const succeed = () => {
    failures = 0;
    openUntil = -Infinity;
  };
  const fail = () => {
    failures++;
    if (failures >= options.failures) openUntil = now() + options.pause;
  };

  return {
    isOpen: () => now() < openUntil,
    async run(operation) {
      if (now() < openUntil) throw new BreakerError("not tried: it failed a moment ago");
      // The pause is over: this one tries, the others still go on without.
      if (failures >= options.failures) openUntil = now() + options.pause;
      try {
        const value = await withTimeout(operation(), options.timeout);
        succeed();
        return value;
      } catch (error) {
        if (options.isHealthy?.(error) === true) succeed();
        else fail();
        throw error;
      }
    },
  };
}

function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BreakerError(`no answer within ${milliseconds} ms`)), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
