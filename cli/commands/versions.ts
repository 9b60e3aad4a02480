import type { Command } from "commander";
import type { TargetVersion, VersionReport } from "../../core/contract/publishing.ts";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { Session } from "../session.ts";
import { formatFields, formatTable } from "../table.ts";
import { targetOf, withTargetFlags } from "./publishing.ts";
import type { TargetFlags } from "./publishing.ts";

/** `reelbench versions …`: what stands on a target, how good it is, and what becomes of it. */
export function addVersionCommands(program: Command, context: CommandContext): void {
  const versions = program.command("versions").description("what stands on a target, and what becomes of it");

  withTargetFlags(
    versions.command("list").description("all of them, newest first, and why retention keeps each"),
  ).action((flags: TargetFlags, command: Command) =>
    inSession(context, command, async (session) => {
      const target = await targetOf(session, flags);
      const all = await session.ask("versions.list", { targetId: target.id });
      return { json: all, text: describeVersions(all) };
    }),
  );

  withTargetFlags(
    versions.command("show <version>").description("its metrics with intervals, segments, gates and parity probes"),
  ).action((version: string, flags: TargetFlags, command: Command) =>
    inSession(context, command, async (session) => {
      const target = await targetOf(session, flags);
      const report = await session.ask("versions.get", { targetId: target.id, version });
      return { json: report, text: describeReport(report) };
    }),
  );

  withTargetFlags(versions.command("pin <version>").description("never remove it by retention"))
    .option("--note <text>", "why")
    .action((version: string, flags: TargetFlags & { note?: string }, command: Command) =>
      decide(context, command, flags, `${version} is pinned.`, (session, targetId) =>
        session.ask("versions.pin", { targetId, version, pinned: true, note: flags.note ?? "" }),
      ),
    );
  withTargetFlags(versions.command("unpin <version>").description("leave it to retention again")).action(
    (version: string, flags: TargetFlags, command: Command) =>
      decide(context, command, flags, `${version} is no longer pinned.`, (session, targetId) =>
        session.ask("versions.pin", { targetId, version, pinned: false }),
      ),
  );
  withTargetFlags(versions.command("withdraw <version>").description("keep it, but let nobody put it into service"))
    .requiredOption("--reason <text>", "why")
    .action((version: string, flags: TargetFlags & { reason: string }, command: Command) =>
      decide(context, command, flags, `${version} is withdrawn.`, (session, targetId) =>
        session.ask("versions.withdraw", { targetId, version, reason: flags.reason }),
      ),
    );
  withTargetFlags(
    versions.command("restore <version>").description("let a withdrawn one be put into service again"),
  ).action((version: string, flags: TargetFlags, command: Command) =>
    decide(context, command, flags, `${version} may serve again.`, (session, targetId) =>
      session.ask("versions.restore", { targetId, version }),
    ),
  );

  withTargetFlags(versions.command("prune").description("say what retention would remove, and with --yes remove it"))
    .option("--keep <n>", "retired versions to keep; left out: the target's own number", wholeNumber(0, 1000))
    .option("--yes", "remove")
    .action((flags: TargetFlags & { keep?: number; yes?: boolean }, command: Command) =>
      inSession(context, command, async (session) => {
        const target = await targetOf(session, flags);
        const pruned = await session.ask("versions.prune", {
          targetId: target.id,
          ...(flags.keep === undefined ? {} : { keep: flags.keep }),
          dryRun: flags.yes !== true,
        });
        const did = pruned.dryRun ? "would go" : "removed";
        const text = [
          ...pruned.removed.map(({ version, bytes }) => `− ${version} ${did} (${bytes} bytes)\n`),
          ...pruned.kept.map(({ version, because }) => `✓ ${version} stays: ${because}\n`),
        ].join("");
        return { json: pruned, text: text === "" ? "No version has been published.\n" : text };
      }),
    );
}

function decide(
  context: CommandContext,
  command: Command,
  flags: TargetFlags,
  said: string,
  ask: (session: Session, targetId: string) => Promise<TargetVersion>,
): Promise<void> {
  return inSession(context, command, async (session) => {
    const target = await targetOf(session, flags);
    return { json: await ask(session, target.id), text: `${target.name}: ${said}\n` };
  });
}

function describeVersions(versions: readonly TargetVersion[]): string {
  return formatTable(
    versions,
    [
      { title: "version", value: ({ version }) => version },
      { title: "state", value: ({ state, withdrawn }) => (withdrawn === null ? state : `${state}, withdrawn`) },
      { title: "bytes", value: ({ bytes }) => bytes },
      { title: "arrived", value: ({ arrived }) => arrived?.bytes ?? null },
      { title: "made", value: ({ createdAt }) => createdAt },
      { title: "retention", value: ({ keptBecause }) => keptBecause ?? "would be removed" },
    ],
    "No version has been published.",
  );
}

function describeReport({ version, evaluation, gates, parity }: VersionReport): string {
  const facts = formatFields([
    ["version", version.version],
    ["state", version.withdrawn === null ? version.state : `${version.state}, withdrawn: ${version.withdrawn.reason}`],
    ["pinned", version.pinned === null ? "no" : `since ${version.pinned.at} ${version.pinned.note}`],
    ["measured by", evaluation === null ? "nobody" : `run ${evaluation.runId} on split ${evaluation.splitId}`],
  ]);
  const metrics = formatTable(
    evaluation?.metrics ?? [],
    [
      { title: "metric", value: ({ metric }) => metric },
      { title: "value", value: ({ value }) => value.toFixed(4) },
      {
        title: "interval",
        value: ({ interval }) => interval && `${interval.low.toFixed(4)} … ${interval.high.toFixed(4)}`,
      },
      { title: "users", value: ({ users }) => users },
    ],
    "No metrics.",
  );
  const segments = formatTable(
    evaluation?.segments ?? [],
    [
      { title: "segment", value: ({ kind, label }) => `${kind}: ${label}` },
      { title: "ratings", value: ({ ratings }) => ratings },
      { title: "RMSE", value: ({ rmse }) => rmse?.toFixed(4) ?? null },
      { title: `recall@${evaluation?.k ?? ""}`, value: ({ recall }) => recall?.toFixed(4) ?? null },
    ],
    "No segments.",
  );
  const judged = gates
    .map(({ gate, passed, overridden, reason }) => `${passed ? "✓" : overridden ? "!" : "✗"} ${gate}: ${reason}\n`)
    .join("");
  const probed = parity
    .map(
      ({ passed, finishedAt, compared, mismatches }) =>
        `${passed ? "✓" : "✗"} parity ${finishedAt}: ${compared} answers compared, ${mismatches} different\n`,
    )
    .join("");
  return `${facts}\n${metrics}\n${segments}\n${judged}${probed}`;
}
