import type { HostMessage } from "../../../core/contract/engine-host.ts";

/**
 * A child process as this app needs it; `utility-process.ts` makes it of Electron's. `Channel` is the transferable end of
 * a renderer's channel (Electron's MessagePortMain), which nothing here looks into.
 */
export interface ChildProcess<Channel> {
  readonly pid: number | undefined;
  send(message: unknown, channels?: readonly Channel[]): void;
  onMessage(listener: (message: unknown) => void): void;
  onSpawn(listener: (pid: number | undefined) => void): void;
  /** Once, also when it could not be started. */
  onExit(listener: (code: number | null, reason: string) => void): void;
  /** At once and without mercy. */
  kill(): void;
}

export type Program = "engine" | "trainer" | "publisher" | "server";

export type StartProgram<Channel> = (
  program: Program,
  options: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
) => ChildProcess<Channel>;

/** Typed at the sending end; the engine parses it. */
export function tell<Channel>(
  child: ChildProcess<Channel>,
  message: HostMessage,
  channels: readonly Channel[] = [],
): void {
  child.send(message, channels);
}
