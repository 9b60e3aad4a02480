import type { Command } from "commander";
import { runState } from "../../core/contract/entities.ts";
import type { Job } from "../../core/contract/entities.ts";
import { Option } from "commander";
import { inSession, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { jobsTable } from "../describe.ts";
import type { Session } from "../session.ts";
import { findNamed } from "../short-id.ts";
import { formatFields } from "../table.ts";

export function addJobCommands(program: Command, context: CommandContext): void {
  program
    .command("jobs [id]")
    .description("list long work, or show one piece of it")
    .addOption(new Option("--state <states...>", "only these").choices(runState.options))
    .option("--limit <n>", "how many", wholeNumber(1, 1000), 30)
    .action((id: string | undefined, flags: { state?: Job["state"][]; limit: number }, command: Command) =>
      inSession(context, command, async (session) => {
        if (id !== undefined) return showJob(await jobOf(session, id));
        const all = await session.ask("jobs.list", {
          limit: flags.limit,
          ...(flags.state === undefined ? {} : { states: flags.state }),
        });
        return { json: all, text: jobsTable(all) };
      }),
    );

  program
    .command("cancel <job>")
    .description("stop a job; it can be resumed")
    .action((id: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const job = await session.ask("jobs.cancel", { jobId: (await jobOf(session, id)).id });
        return { json: job, text: `${job.title}: ${job.state === "running" ? "stopping" : job.state}.\n` };
      }),
    );

  program
    .command("resume <job>")
    .description("go on with a job that was interrupted, cancelled or failed, and follow it to its end")
    .action((id: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { id: jobId } = await jobOf(session, id);
        await session.ask("jobs.resume", { jobId });
        return showJob(await session.follow(jobId));
      }),
    );
}

async function jobOf(session: Session, given: string): Promise<Job> {
  return findNamed(await session.ask("jobs.list", { limit: 1000 }), given, "job");
}

function showJob(job: Job) {
  const text = formatFields([
    ["job", job.id],
    ["title", job.title],
    ["state", job.state],
    ["accepted", job.createdAt],
    ["started", job.startedAt],
    ["ended", job.finishedAt],
    ["result", job.result === null ? null : JSON.stringify(job.result)],
    ["cause", job.error === null ? null : `${job.error.code}: ${job.error.message} ${job.error.remedy}`],
  ]);
  return { json: job, text };
}
