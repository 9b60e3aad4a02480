import type { Command } from "commander";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { EngineApi, Transport } from "../../core/contract/transport.ts";
import type { MethodInput, MethodName, ParsedInput } from "../../core/contract/methods.ts";
import { rendererUrl } from "../../core/runtime-paths.ts";
import { startWebHost } from "../../core/web/web-host.ts";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeSnapshot } from "../describe.ts";

export function addWorkbenchCommands(program: Command, context: CommandContext): void {
  program
    .command("web")
    .alias("workbench")
    .description("the workbench in a browser of this machine, until Ctrl-C")
    .option("--port <port>", "on loopback; left out: any free one", wholeNumber(0, 65535), 0)
    .action((flags: { port: number }, command: Command) =>
      inSession(context, command, async ({ transport, terminal, signal, workspaceDirectory }) => {
        const host = await startWebHost({
          engine: engineOver(transport),
          port: flags.port,
          rendererDirectory: rendererUrl(),
        });
        terminal.err(
          `The workbench is at\n\n  ${host.url}\n\nThe link works once, in a browser on this machine. Workspace: ${workspaceDirectory}. Ctrl-C stops it.\n`,
        );
        try {
          await untilAbortedOrClosed(signal, transport);
        } finally {
          await host.close();
        }
        return { json: { url: host.url, workspace: workspaceDirectory }, text: "" };
      }),
    );

  program
    .command("sample")
    .description("make the built-in sample: invented people, films and ratings, always the same")
    .option("--seed <n>", "another world", wholeNumber(0, 0xffff_ffff), 42)
    .option("--users <n>", "people", wholeNumber(50, 200_000))
    .option("--items <n>", "films", wholeNumber(50, 100_000))
    .option("--ratings <n>", "ratings", wholeNumber(500, 30_000_000))
    .action((flags: { seed: number; users?: number; items?: number; ratings?: number }, command: Command) =>
      inSession(context, command, async ({ ask, run }) => {
        const made = await run("sample.create", flags);
        const snapshot = await ask("snapshots.get", { snapshotId: made.snapshotId });
        return { json: made, text: describeSnapshot(snapshot) };
      }),
    );
}

/** Rejects with RB_TRANSPORT_CLOSED where the engine, another process's, ends first. */
function untilAbortedOrClosed(signal: AbortSignal, transport: Transport): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    transport.onClose?.(() => reject(new ReelbenchError("RB_TRANSPORT_CLOSED")));
  });
}

/** The web host serves an engine; ours may be another process's. Inputs are parsed again there, which changes nothing. */
function engineOver(transport: Transport): EngineApi {
  return {
    call: <M extends MethodName>(method: M, input: ParsedInput<M>) =>
      transport.request(method, input as MethodInput<M>),
    subscribe: (listener) => transport.subscribe(listener),
  };
}
