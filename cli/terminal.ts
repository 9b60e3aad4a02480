/** What a command may touch of the outside; tests hand in their own. */
export interface Terminal {
  /** Results. With `--json`: one JSON document and nothing else. */
  readonly out: (text: string) => void;
  /** Progress, remarks, errors. */
  readonly err: (text: string) => void;
  /** Whether `err` is a screen on which a line can be redrawn. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths are taken from here. */
  readonly directory: string;
  /** Calls back on Ctrl-C (and a polite kill). Returns the way to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  interactive: process.stderr.isTTY,
  env: process.env,
  directory: process.cwd(),
  onInterrupt(listener) {
    process.on("SIGINT", listener);
    process.on("SIGTERM", listener);
    return () => {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    };
  },
};
