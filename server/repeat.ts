/** Runs `work` again and again with `pause` milliseconds between its end and its next start. `work` must not throw. */
export function repeat(pause: number, work: () => Promise<void>): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(() => {
      void work().finally(() => {
        if (!stopped) next();
      });
    }, pause);
  };
  next();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
