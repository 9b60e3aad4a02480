interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes one piece of work of many calls: those that come while `lanes` groups are under way wait, and go together as soon as one
 * ends. Nothing waits for a group to fill: a call that comes alone goes alone and at once.
 */
export function groupCalls<T, R>(options: {
  /** One outcome for each item, in order. Where it rejects, it does so for all of the group. */
  readonly work: (group: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>;
  readonly lanes: number;
  /** A group weighs no more than this, unless it is a single item. */
  readonly heaviest: number;
  readonly weightOf: (item: T) => number;
  /** Whether what failed a group has made those behind it wait long enough: they fail with it instead of trying, too. */
  readonly failsThoseWaiting: (reason: unknown) => boolean;
}): (item: T) => Promise<R> {
  const { work, lanes, heaviest, weightOf, failsThoseWaiting } = options;
  const waiting: Waiting<T, R>[] = [];
  let underWay = 0;

  function takeGroup(): Waiting<T, R>[] {
    let weight = 0;
    const end = waiting.findIndex(({ item }, at) => (weight += weightOf(item)) > heaviest && at > 0);
    return waiting.splice(0, end < 0 ? waiting.length : end);
  }

  async function run(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const outcomes = await work(group.map(({ item }) => item));
      for (const [at, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[at];
        if (outcome?.status === "fulfilled") resolve(outcome.value);
        else reject(outcome?.reason ?? new Error("A group was answered with too few outcomes."));
      }
    } catch (reason) {
      const failed = failsThoseWaiting(reason) ? [...group, ...waiting.splice(0)] : group;
      for (const { reject } of failed) reject(reason);
    } finally {
      underWay--;
      next();
    }
  }

  function next(): void {
    while (underWay < lanes && waiting.length > 0) {
      underWay++;
      void run(takeGroup());
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      next();
    });
}
