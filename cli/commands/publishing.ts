import { Option } from "commander";
import type { Command } from "commander";
import type { Target } from "../../core/contract/entities.ts";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import type { MethodInput } from "../../core/contract/methods.ts";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { Session } from "../session.ts";
import { findNamed } from "../short-id.ts";
import { formatFields, formatTable } from "../table.ts";
import { runIdOf } from "./models.ts";

export interface TargetFlags {
  readonly target?: string;
  readonly postgres?: string;
  readonly redis?: string;
}

export function withTargetFlags(command: Command): Command {
  return command
    .option("--target <name>", "a saved target, or local (the default)")
    .option("--postgres <url>", "or a Postgres directly: postgres://user:password@host:port/database")
    .option("--redis <url>", "and its Redis");
}

export function addPublishingCommands(program: Command, context: CommandContext): void {
  withTargetFlags(
    program
      .command("publish <run>")
      .description("put a model into service: gates, upload, checksum, parity probe, switch"),
  )
    .option("--no-refit", "the run's own model, not one trained on the whole snapshot")
    .option("--override-gates", "go on although a gate says no")
    .option("--probes <n>", "users asked in the parity probe", wholeNumber(1, 1000), 50)
    .action(
      (
        given: string,
        flags: TargetFlags & { refit: boolean; overrideGates?: boolean; probes: number },
        command: Command,
      ) =>
        inSession(context, command, async (session) => {
          const target = await targetOf(session, flags);
          const published = await session.run("publish.run", {
            runId: await runIdOf(session, given),
            targetId: target.id,
            refit: flags.refit,
            overrideGates: flags.overrideGates === true,
            probes: flags.probes,
          });
          return { json: { target: target.name, ...published }, text: describePublication(target, published) };
        }),
    );

  // Not --version: the program's own would answer instead, and nothing would be rolled back.
  withTargetFlags(program.command("rollback").description("serve the version before, or an earlier one, again"))
    .option("--to <version>", "which one (reelbench targets NAME)")
    .action((flags: TargetFlags & { to?: string }, command: Command) =>
      inSession(context, command, async (session) => {
        const target = await targetOf(session, flags);
        const result = await session.run("publish.rollback", {
          targetId: target.id,
          ...(flags.to === undefined ? {} : { version: flags.to }),
        });
        return { json: result, text: `${target.name} serves ${result.version} again (it was ${result.from}).\n` };
      }),
    );

  withTargetFlags(program.command("serve").description("run the bundled server against a target until Ctrl-C"))
    .option("--port <port>", "on loopback; left out: any free one", wholeNumber(0, 65535), 0)
    .action((flags: TargetFlags & { port: number }, command: Command) =>
      inSession(context, command, async (session) => {
        const target = await targetOf(session, flags);
        const server = await session.ask("servers.start", { targetId: target.id, port: flags.port });
        session.terminal.err(`Serving ${target.name} on ${server.url}\nAPI key: ${server.apiKey}\nCtrl-C stops it.\n`);
        const reason = await untilServerEnds(session, target.id);
        return {
          json: { target: target.name, ...server, ended: reason },
          text: `The server has ended: ${reason}.\n`,
          exitCode: reason === "asked to stop" ? 0 : 70,
        };
      }),
    );

  addTargetCommands(program, context);
}

function describePublication(
  target: Target,
  published: {
    version: string;
    runId: string;
    gates: readonly { gate: string; passed: boolean; reason: string }[];
    parity: { answeredBy: string; servers: number; compared: number; mismatches: number; largestDifference: number };
    warnings?: readonly string[] | undefined;
  },
): string {
  const gates = published.gates
    .map(({ gate, passed, reason }) => `${passed ? "✓" : "✗"} ${gate}: ${reason}\n`)
    .join("");
  const { answeredBy, servers, compared, mismatches, largestDifference } = published.parity;
  const by =
    answeredBy === "live" ? `${servers} live server${servers === 1 ? "" : "s"}` : "a bundled server (none was live)";
  const remarks = (published.warnings ?? []).map((warning) => `! ${warning}\n`).join("");
  return `${gates}✓ parity: ${compared} answers compared score by score, given by ${by}, ${mismatches} different, largest difference ${largestDifference}\n${target.name} serves ${published.version} (run ${published.runId}).\n${remarks}`;
}

async function untilServerEnds(session: Session, targetId: string): Promise<string> {
  return new Promise((resolve) => {
    const end = (reason: string) => {
      unsubscribe();
      stopWatching?.();
      resolve(reason);
    };
    const stop = () => {
      unsubscribe();
      session.transport.request("servers.stop", { targetId }).then(
        () => end("asked to stop"),
        (error: unknown) => end(toReelbenchError(error).message),
      );
    };
    const unsubscribe = session.transport.subscribe((event) => {
      if (event.type !== "changed" || event.entity !== "server" || event.id !== targetId) return;
      session.transport.request("servers.get", { targetId }).then(
        ({ running }) => {
          if (!running) end("by itself; see logs/engine.log in the workspace");
        },
        (error: unknown) => end(toReelbenchError(error).message),
      );
    });
    const stopWatching = session.transport.onClose?.(() => end("the engine it belonged to has ended"));
    session.signal.addEventListener("abort", stop, { once: true });
    if (session.signal.aborted) stop();
  });
}

interface TargetAddFlags {
  readonly postgres: string;
  readonly redis?: string;
  readonly environment?: "development" | "staging" | "production";
  readonly channel?: string;
  readonly keep?: number;
}

function addTargetCommands(program: Command, context: CommandContext): void {
  program
    .command("targets [name]")
    .description("list targets, or show what one serves")
    .action((name: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("targets.list", {});
        if (name === undefined) {
          const text = formatTable(
            all,
            [
              { title: "name", value: (target) => target.name },
              { title: "kind", value: ({ kind }) => kind },
              {
                title: "Postgres",
                value: (target) => (target.kind === "local" ? "in the workspace" : target.postgres),
              },
              { title: "Redis", value: (target) => (target.kind === "local" ? null : target.redis) },
            ],
            "",
          );
          return { json: all, text };
        }
        const target = findNamed(all, name, "target");
        const status = await ask("targets.status", { targetId: target.id });
        const facts = formatFields([
          ["target", target.name],
          ["reachable", status.reachable ? "yes" : `no: ${status.error?.message ?? ""}`],
          ["serves", status.active === null ? "nothing" : `${status.active.version} since ${status.active.since}`],
          ["before it", status.previous],
          [
            "servers",
            status.servers
              .map(({ id, url, serving, silentFor, reporting }) =>
                reporting
                  ? `${url ?? id} serving ${serving ?? "nothing"}`
                  : `${url ?? id} not heard from for ${String(Math.round(silentFor))} s`,
              )
              .join(", ") || "none live",
          ],
        ]);
        const versions = formatTable(
          status.versions,
          [
            { title: "version", value: ({ version }) => version },
            { title: "state", value: ({ state }) => state },
            { title: "algorithm", value: ({ algorithm }) => algorithm },
            { title: "bytes", value: ({ bytes }) => bytes },
            { title: "made", value: ({ createdAt }) => createdAt },
          ],
          "No version has been published.",
        );
        return { json: { target, status }, text: `${facts}\n${versions}` };
      }),
    );

  const target = program.command("target").description("keep the addresses of production");
  target
    .command("add <name>")
    .description("save a target under a name, or change it")
    .requiredOption("--postgres <url>", "postgres://user:password@host:port/database")
    .option("--redis <url>", "redis://host:port")
    .addOption(new Option("--environment <which>", "what it is for").choices(["development", "staging", "production"]))
    .option("--channel <name>", "the servers' REELBENCH_CHANNEL; left out: production")
    .option("--keep <n>", "retired versions that it keeps for going back", wholeNumber(0, 1000))
    .action((name: string, flags: TargetAddFlags, command: Command) =>
      inSession(context, command, async (session) => {
        const { redis, keep, ...rest } = flags;
        const saved = await saveTarget(session, name, {
          ...rest,
          redis: redis ?? null,
          ...(keep === undefined ? {} : { keepVersions: keep }),
        });
        return { json: saved, text: `Saved ${saved.name}.\n` };
      }),
    );
  target
    .command("remove <name>")
    .description("forget a target and its password")
    .action((name: string, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const found = findNamed(await ask("targets.list", {}), name, "target");
        await ask("targets.remove", { targetId: found.id });
        return { json: {}, text: `Removed ${found.name}.\n` };
      }),
    );
  target
    .command("test <name>")
    .description("see whether everything needed to publish there works")
    .action((name: string, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const found = findNamed(await ask("targets.list", {}), name, "target");
        const result = await ask("targets.test", { targetId: found.id });
        const text = result.checks
          .map(({ check, passed, message, code, remedy }) =>
            passed ? `✓ ${check}: ${message}\n` : `✗ ${check}: ${message} (${code ?? ""})\n  ${remedy ?? ""}\n`,
          )
          .join("");
        return { json: result, text, exitCode: result.ok ? 0 : 69 };
      }),
    );
}

async function saveTarget(
  session: Session,
  name: string,
  given: Omit<MethodInput<"targets.save">, "id" | "name">,
): Promise<Target> {
  const known = (await session.ask("targets.list", {})).find((target) => target.name === name);
  return session.ask("targets.save", { ...(known === undefined ? {} : { id: known.id }), name, ...given });
}

/** The target that the flags mean. A URL is saved under its host and database, so that it can be rolled back later. */
export async function targetOf(session: Session, { target, postgres, redis }: TargetFlags): Promise<Target> {
  if (postgres === undefined) {
    if (redis !== undefined) throw new ReelbenchError("RB_INVALID_INPUT", "--redis goes with --postgres.");
    return findNamed(await session.ask("targets.list", {}), target ?? "local", "target");
  }
  if (!URL.canParse(postgres))
    throw new ReelbenchError("RB_INVALID_INPUT", "--postgres must be postgres://user:password@host:port/database.");
  const { host, pathname } = new URL(postgres);
  const { kept } = await session.ask("targets.passwords", {});
  // Where nothing keeps it, a password on the command line is good for this command; PGPASSWORD or ~/.pgpass for the next.
  return saveTarget(session, target ?? `${host}${pathname}`, {
    postgres,
    redis: redis ?? null,
    passwords: kept === "nowhere" ? "session" : "keep",
  });
}
