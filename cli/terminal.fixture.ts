import type { Terminal } from "./terminal.ts";

export interface RecordedTerminal extends Terminal {
  readonly output: () => string;
  readonly errors: () => string;
  /** Presses Ctrl-C. */
  readonly interrupt: () => void;
}

/** A terminal that remembers what was written to it. */
export function recordedTerminal(directory: string, env: Readonly<Record<string, string>> = {}): RecordedTerminal {
  let [out, err] = ["", ""];
  const listeners = new Set<() => void>();
  return {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
    env,
    directory,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    output: () => out,
    errors: () => err,
    interrupt: () => {
      for (const listener of listeners) listener();
    },
  };
}
