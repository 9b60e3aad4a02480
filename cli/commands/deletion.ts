import type { Command } from "commander";
import { inSession } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { Session } from "../session.ts";
import { findNamed } from "../short-id.ts";

export function addDeletionCommand(program: Command, context: CommandContext): void {
  program
    .command("delete <id>")
    .description("delete a source, a snapshot, a split or a run that nothing else is made from")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { kind, id, name } = findNamed(await everything(session), given, "source, snapshot, split or run");
        await deleteOne(session, kind, id);
        return { json: { deleted: { kind, id, name } }, text: `Deleted the ${kind} ${id} (${name}).\n` };
      }),
    );
}

interface Deletable {
  readonly kind: "source" | "snapshot" | "split" | "run";
  readonly id: string;
  readonly name: string;
}

async function everything({ ask }: Session): Promise<Deletable[]> {
  const listed = (kind: Deletable["kind"]) => (all: readonly { readonly id: string; readonly name: string }[]) =>
    all.map(({ id, name }) => ({ kind, id, name }));
  return (
    await Promise.all([
      ask("runs.list", {}).then(listed("run")),
      ask("splits.list", {}).then(listed("split")),
      ask("snapshots.list", {}).then(listed("snapshot")),
      ask("sources.list", {}).then(listed("source")),
    ])
  ).flat();
}

async function deleteOne({ ask }: Session, kind: Deletable["kind"], id: string): Promise<void> {
  switch (kind) {
    case "source":
      return void (await ask("sources.delete", { sourceId: id }));
    case "snapshot":
      return void (await ask("snapshots.delete", { snapshotId: id }));
    case "split":
      return void (await ask("splits.delete", { splitId: id }));
    case "run":
      return void (await ask("runs.delete", { runId: id }));
  }
}
