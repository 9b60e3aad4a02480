import { Command, CommanderError } from "commander";
import { errorRegistry } from "../core/contract/errors.ts";
import { version } from "../core/version.ts";
import { reporting, wholeNumber } from "./command.ts";
import type { CommandContext, GlobalOptions } from "./command.ts";
import { addDeletionCommand } from "./commands/deletion.ts";
import { addBenchCommands } from "./commands/bench.ts";
import { addJobCommands } from "./commands/jobs.ts";
import { addModelCommands } from "./commands/models.ts";
import { addPublishingCommands } from "./commands/publishing.ts";
import { addVersionCommands } from "./commands/versions.ts";
import { addSnapshotCommands } from "./commands/snapshots.ts";
import { addSourceCommands } from "./commands/sources.ts";
import { addSplitCommands } from "./commands/splits.ts";
import { addTuningCommands } from "./commands/tuning.ts";
import { addWorkbenchCommands } from "./commands/workbench.ts";
import { runDemo } from "./demo.ts";
import type { DemoFlags } from "./demo.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line. Resolves with the exit code; never throws. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const context: CommandContext = { terminal, outcome: { exitCode: 0 } };
  const program = createProgram(context);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : errorRegistry.RB_INVALID_INPUT.exit;
    await reporting(context, {}, () => Promise.reject(thrown));
  }
  return context.outcome.exitCode;
}

/** Every command with its options. */
export function createProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command("reelbench")
    .description("Movie recommendation from ratings to production.")
    .version(version)
    .option("--workspace <folder>", "the workspace (default: $REELBENCH_WORKSPACE or ./reelbench-workspace)")
    .option("--json", "one JSON document on standard output; progress on standard error")
    .option("--threads <n>", "compute threads a training may use (default: all cores)", wholeNumber(1, 256))
    .showHelpAfterError("(add --help for what can be said)")
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();
  addWorkbenchCommands(program, context);
  addSourceCommands(program, context);
  addSnapshotCommands(program, context);
  addSplitCommands(program, context);
  addModelCommands(program, context);
  addTuningCommands(program, context);
  addBenchCommands(program, context);
  addPublishingCommands(program, context);
  addVersionCommands(program, context);
  addJobCommands(program, context);
  addDeletionCommand(program, context);
  program
    .command("demo")
    .description("the whole job on small data: import, train four, compare, publish, serve, ask")
    .option(
      "--ratings <file>",
      "these ratings (left out: MovieLens latest-small from its publisher, or the built-in sample)",
    )
    .option("--postgres <url>", "publish there (left out: the local target)")
    .option("--redis <url>", "and its Redis")
    .action((flags: DemoFlags, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      return reporting(context, options, () => runDemo(terminal, { ...flags, ...options }));
    });
  return program;
}
