import type { QueryClient } from "@tanstack/react-query";

/** Milliseconds until it is looked again. */
const pause = 100;

/** Resolves in a moment in which the page has nothing to do and nothing is asked of the engine: for what nobody waits for. */
export function whenQuiet(client: QueryClient): Promise<void> {
  return new Promise((resolve) => {
    const look = () =>
      requestIdleCallback(() => {
        // What the desktop is asked may itself be waiting for this moment.
        if (client.isFetching({ predicate: ({ queryKey }) => queryKey[0] !== "desktop" }) === 0) resolve();
        else setTimeout(look, pause);
      });
    look();
  });
}
