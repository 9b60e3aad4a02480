import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { toReelbenchError } from "../core/contract/errors.ts";
import { withSession } from "./session.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** What a command has to say: data for scripts, text for people. */
export interface Output {
  readonly json: unknown;
  readonly text: string;
  /** Where success is not enough to say (a reproduction that differs). */
  readonly exitCode?: number;
}

export interface GlobalOptions {
  readonly workspace?: string;
  readonly json?: boolean;
  readonly threads?: number;
}

/** Where commands leave their exit code; the program returns it. */
export interface Outcome {
  exitCode: number;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly outcome: Outcome;
}

/** Runs a command in a session and prints what it says. */
export async function inSession(
  context: CommandContext,
  command: Command,
  work: (session: Session) => Promise<Output>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  await reporting(context, options, () =>
    withSession(context.terminal, { workspace: options.workspace, threads: options.threads }, work),
  );
}

/** Prints a command's output or its error, as text or JSON, and sets the exit code from the registry. */
export async function reporting(
  { terminal, outcome }: CommandContext,
  options: GlobalOptions,
  work: () => Promise<Output>,
): Promise<void> {
  try {
    const output = await work();
    terminal.out(options.json === true ? `${JSON.stringify(output.json, null, 2)}\n` : output.text);
    outcome.exitCode = output.exitCode ?? 0;
  } catch (thrown) {
    const error = toReelbenchError(thrown);
    outcome.exitCode = error.definition.exit;
    const { code, message, remedy, details } = error.toEnvelope();
    if (options.json === true)
      terminal.out(`${JSON.stringify({ error: { code, message, remedy, details } }, null, 2)}\n`);
    terminal.err(code === "RB_CANCELLED" ? `${message}.\n` : `${code}: ${message}\n${remedy}\n`);
    if (code === "RB_INTERNAL" && error.cause instanceof Error && terminal.env["REELBENCH_DEBUG"] !== undefined)
      terminal.err(`${error.cause.stack ?? ""}\n`);
  }
}

/** For option values. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum)
      throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
    return value;
  };
}

/** `5,10,20` */
export function wholeNumbers(text: string): number[] {
  return text.split(",").map((part) => wholeNumber(1)(part.trim()));
}

export function realNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
