import type { Command } from "commander";
import { z } from "zod";
import { evaluationOptions, trainingOptions } from "../../core/contract/entities.ts";
import type { EvaluationOptions, Hyperparameters, Run, TrainingOptions } from "../../core/contract/entities.ts";
import { errorRegistry, ReelbenchError } from "../../core/contract/errors.ts";
import type { MethodOutput } from "../../core/contract/methods.ts";
import { collected, inSession, realNumber, wholeNumber, wholeNumbers } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeComparison, describeRun, recommendationsTable, runsTable } from "../describe.ts";
import type { Session } from "../session.ts";
import { findNamed, findOrNewest } from "../short-id.ts";
import { formatFields, formatTable } from "../table.ts";

export function addModelCommands(program: Command, context: CommandContext): void {
  program
    .command("algorithms")
    .description("list what can be trained, with its settings")
    .action((_flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("algorithms.list", {});
        const text = all
          .map((algorithm) => {
            const fields = formatTable(
              algorithm.hyperparameters,
              [
                { title: "  setting", value: ({ name }) => `  ${name}` },
                { title: "default", value: (field) => String(field.default), right: true },
                {
                  title: "range",
                  value: ({ choices, minimum, maximum }) =>
                    choices?.join(" | ") ??
                    (minimum === undefined && maximum === undefined ? "" : `${minimum ?? ""} … ${maximum ?? ""}`),
                },
                { title: "meaning", value: ({ description }) => description },
              ],
              "  no settings",
            );
            return `${algorithm.id}: ${algorithm.name}. ${algorithm.summary}\n${fields}`;
          })
          .join("\n");
        return { json: all, text };
      }),
    );

  program
    .command("train")
    .description("train and evaluate one model on a split")
    .requiredOption("--algorithm <id>", "which (reelbench algorithms)")
    .option("--split <id>", "the split; left out: the newest")
    .option("--set <name=value>", "a setting; may be repeated", collected, [])
    .option("--likes-from <rating>", "learn from ratings of at least this, all as equally good", realNumber)
    .option("--likes-as-rated", "… but keep how good")
    .option("--low-as-worst", "… and learn from the others as the worst rating")
    .option("--confidence <alpha>", "weight ratings by 1 + alpha · their height, 0 … 1", realNumber)
    .option("--half-life <days>", "weight ratings by age: half after so many days", realNumber)
    .option("--cutoffs <list>", "lengths of the lists that are judged: 5,10,20; left out: 10", wholeNumbers)
    .option("--relevant-from <rating>", "only test ratings of at least this are relevant in lists", realNumber)
    .option(
      "--sampled-negatives <n>",
      "also metrics among n sampled items, to reproduce papers",
      wholeNumber(1, 100_000),
    )
    .option("--quick-evaluation", "leave out AUC and diversity, about half of an evaluation's time")
    .option("--cold-items <lambda>", "conclude unrated items from genres and decade (try 3)", realNumber)
    .option(
      "--stop-early <patience>",
      "stop when so many judgements in a row are no better than the best",
      wholeNumber(1, 1000),
    )
    .option("--stop-every <epochs>", "with --stop-early: epochs between judgements", wholeNumber(1, 1000))
    .option("--stop-by <metric>", "with --stop-early: rmse, mae, ndcg@10 or recall@10")
    .option(
      "--stop-on <protocol>",
      "with --stop-early: which training ratings judge: random, global-temporal, per-user-temporal or leave-last-out",
    )
    .option("--stop-share <share>", "with --stop-early: the share of them (0.1)", realNumber)
    .option("--warm-start <run>", "start from this run's model (a run on the same split)")
    .option("--plan", "only say what memory it would need, and what would fit")
    .option("--seed <n>", "of the random choices", wholeNumber(0, 0xffff_ffff), 42)
    .option("--name <name>", "what to call the run")
    .action(
      (
        flags: TrainingFlags &
          EvaluationFlags & {
            algorithm: string;
            split?: string;
            set: readonly string[];
            warmStart?: string;
            plan?: boolean;
            seed: number;
            name?: string;
          },
        command: Command,
      ) =>
        inSession(context, command, async (session) => {
          const { ask, run } = session;
          const split = findOrNewest(
            await ask("splits.list", {}),
            flags.split,
            "split",
            "make one first: reelbench split",
          );
          const wanted = {
            splitId: split.id,
            algorithm: flags.algorithm,
            hyperparameters: parseSettings(flags.set),
          };
          if (flags.plan === true) return showPlan(await ask("training.plan", wanted));
          const { runId } = await run("runs.train", {
            ...wanted,
            ...(flags.warmStart === undefined ? {} : { warmStart: await runIdOf(session, flags.warmStart) }),
            ...trainingOf(flags),
            ...evaluationOf(flags),
            seed: flags.seed,
            ...(flags.name === undefined ? {} : { name: flags.name }),
          });
          return showRun(await ask("runs.get", { runId }));
        }),
    );

  program
    .command("refit <run>")
    .description("train a run's algorithm again on all of its snapshot")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const { runId } = await session.run("runs.refit", { runId: await runIdOf(session, given) });
        return showRun(await session.ask("runs.get", { runId }));
      }),
    );

  program
    .command("reproduce <run>")
    .description("train a run again from its data, settings and seed, and compare the bytes")
    .action((given: string, _flags: object, command: Command) =>
      inSession(context, command, async (session) => {
        const result = await session.run("runs.reproduce", { runId: await runIdOf(session, given) });
        const text = result.identical
          ? `Identical: SHA-256 ${result.actual}\n`
          : `DIFFERENT: expected ${result.expected}, got ${result.actual}\n`;
        return { json: result, text, exitCode: result.identical ? 0 : 65 };
      }),
    );

  program
    .command("runs [id]")
    .description("list runs, or show one")
    .option("--split <id>", "only those on this split")
    .action((id: string | undefined, flags: { split?: string }, command: Command) =>
      inSession(context, command, async (session) => {
        if (id !== undefined) return showRun(await session.ask("runs.get", { runId: await runIdOf(session, id) }));
        const split =
          flags.split === undefined ? undefined : findNamed(await session.ask("splits.list", {}), flags.split, "split");
        const all = await session.ask("runs.list", split === undefined ? {} : { splitId: split.id });
        return { json: all, text: runsTable(all) };
      }),
    );

  program
    .command("compare [runs...]")
    .description("compare runs of one split, paired over users (left out: all on the newest split)")
    .option("--baseline <run>", "against which; left out: the simplest")
    .action((given: string[], flags: { baseline?: string }, command: Command) =>
      inSession(context, command, async (session) => {
        const all = await session.ask("runs.list", {});
        const runs =
          given.length > 0 ? given.map((id) => findNamed(all, id, "run")) : await comparableRuns(session, all);
        const baselineId = flags.baseline === undefined ? null : findNamed(all, flags.baseline, "run").id;
        const comparison = await session.ask("runs.compare", { runIds: runs.map(({ id }) => id), baselineId });
        return { json: comparison, text: describeComparison(comparison, runs) };
      }),
    );

  addRecommendCommands(program, context);
}

interface TrainingFlags {
  readonly likesFrom?: number;
  readonly likesAsRated?: boolean;
  readonly lowAsWorst?: boolean;
  readonly confidence?: number;
  readonly halfLife?: number;
  readonly coldItems?: number;
  readonly stopEarly?: number;
  readonly stopEvery?: number;
  readonly stopBy?: string;
  readonly stopOn?: string;
  readonly stopShare?: number;
}

/** Throws RB_INVALID_INPUT for what belongs to early stopping without it. */
function stoppingOf({ stopEarly, stopEvery, stopBy, stopOn, stopShare }: TrainingFlags): object | undefined {
  const more = [stopEvery, stopBy, stopOn, stopShare].some((flag) => flag !== undefined);
  if (stopEarly === undefined && more)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      "--stop-every, --stop-by, --stop-on and --stop-share go with --stop-early.",
    );
  if (stopEarly === undefined) return undefined;
  const validation = { protocol: stopOn ?? "random", ...(stopShare === undefined ? {} : { share: stopShare }) };
  return {
    patience: stopEarly,
    ...(stopEvery === undefined ? {} : { every: stopEvery }),
    ...(stopBy === undefined ? {} : { metric: stopBy }),
    validation,
  };
}

/** Throws RB_INVALID_INPUT where a flag would have no effect or a number makes no sense. */
function trainingOf(flags: TrainingFlags): { training?: TrainingOptions } {
  const { likesFrom, likesAsRated, lowAsWorst, confidence, halfLife, coldItems } = flags;
  if (likesFrom === undefined && (likesAsRated === true || lowAsWorst === true))
    throw new ReelbenchError("RB_INVALID_INPUT", "--likes-as-rated and --low-as-worst go with --likes-from.");
  const given = {
    likes:
      likesFrom === undefined
        ? undefined
        : {
            from: likesFrom,
            values: likesAsRated === true ? "as-rated" : "equal",
            low: lowAsWorst === true ? "worst" : "left-out",
          },
    confidence,
    halfLifeDays: halfLife,
    contentForColdItems: coldItems,
    earlyStopping: stoppingOf(flags),
  };
  if (Object.values(given).every((value) => value === undefined)) return {};
  const parsed = trainingOptions.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return { training: parsed.data };
}

interface EvaluationFlags {
  readonly cutoffs?: readonly number[];
  readonly relevantFrom?: number;
  readonly sampledNegatives?: number;
  readonly quickEvaluation?: boolean;
}

/** Throws RB_INVALID_INPUT for lengths that make no sense. */
function evaluationOf({ cutoffs, relevantFrom, sampledNegatives, quickEvaluation }: EvaluationFlags): {
  evaluation?: EvaluationOptions;
} {
  const thorough = quickEvaluation === true ? false : undefined;
  const given = Object.entries({ cutoffs, relevantFrom, sampledNegatives, thorough }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length === 0) return {};
  const parsed = evaluationOptions.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return { evaluation: parsed.data };
}

function addRecommendCommands(program: Command, context: CommandContext): void {
  program
    .command("recommend <run> <user>")
    .description("what a model would show a user it was trained on")
    .option("-n <n>", "how many", wholeNumber(1, 200), 10)
    .option("--seen", "also what the user has rated")
    .option("--held-out", "also what the split held out of training")
    .option("--explain", "and why")
    .action(
      (
        given: string,
        userId: string,
        flags: { n: number; seen?: boolean; heldOut?: boolean; explain?: boolean },
        command: Command,
      ) =>
        inSession(context, command, async (session) => {
          const runId = await runIdOf(session, given);
          const list = await session.ask("recommend.forUser", {
            runId,
            userId,
            n: flags.n,
            excludeSeen: flags.seen !== true,
            showHeldOut: flags.heldOut === true,
            explain: flags.explain === true,
          });
          return { json: list, text: recommendationsTable(list) };
        }),
    );

  program
    .command("fold-in <run> <ratings...>")
    .description("what a model would show somebody new who gave these ratings: ITEM=RATING …")
    .option("-n <n>", "how many", wholeNumber(1, 200), 10)
    .option("--no-explain", "without why")
    .action((given: string, ratings: string[], flags: { n: number; explain: boolean }, command: Command) =>
      inSession(context, command, async (session) => {
        const runId = await runIdOf(session, given);
        const list = await session.ask("recommend.foldIn", {
          runId,
          ratings: ratings.map(parseRating),
          n: flags.n,
          explain: flags.explain,
        });
        return { json: list, text: recommendationsTable(list) };
      }),
    );

  program
    .command("similar <run> <item>")
    .description("items that a model finds alike")
    .option("-n <n>", "how many", wholeNumber(1, 200), 10)
    .action((given: string, itemId: string, flags: { n: number }, command: Command) =>
      inSession(context, command, async (session) => {
        const list = await session.ask("recommend.similar", {
          runId: await runIdOf(session, given),
          itemId,
          n: flags.n,
        });
        return { json: list, text: recommendationsTable(list) };
      }),
    );
}

export async function runIdOf(session: Session, given: string): Promise<string> {
  const all = await session.ask("runs.list", { trials: true });
  // Trials begin with the id of their search's winner; whoever means one gives the whole of it.
  const isTrial = ({ search }: Run) => search?.part.part === "validation";
  return findNamed(all.some(({ id }) => id === given) ? all : all.filter((run) => !isTrial(run)), given, "run").id;
}

/** What may stand beside each other: succeeded runs of the newest split, refits left out. */
async function comparableRuns(session: Session, all: readonly Run[]): Promise<Run[]> {
  const usable = all.filter((run) => run.state === "succeeded" && run.refitOf === null && run.missing !== true);
  const newest = (await session.ask("splits.list", {})).find(({ id }) => usable.some(({ splitId }) => splitId === id));
  const runs = usable.filter(({ splitId }) => splitId === newest?.id);
  if (runs.length < 2)
    throw new ReelbenchError("RB_NOT_FOUND", "There are not two finished runs on one split to compare; train another.");
  return runs;
}

function showPlan(plan: MethodOutput<"training.plan">) {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const text = formatFields([
    ["needs", gibibytes(plan.bytes)],
    ["there are", gibibytes(plan.available)],
    ["operations", plan.flops.toExponential(1)],
    ["fits", plan.fits ? "yes" : "no"],
    ["advice", plan.message],
  ]);
  return { json: plan, text, exitCode: plan.fits ? 0 : errorRegistry.RB_TRAIN_TOO_LARGE.exit };
}

function showRun(run: Run) {
  return { json: run, text: describeRun(run) };
}

/** `factors=64` → a number, `true` → a boolean, anything else a text. */
export function parseSettings(settings: readonly string[]): Hyperparameters {
  return Object.fromEntries(
    settings.map((setting) => {
      const at = setting.indexOf("=");
      if (at < 1) throw new ReelbenchError("RB_INVALID_INPUT", `"${setting}" is not of the form name=value.`);
      return [setting.slice(0, at), parseValue(setting.slice(at + 1))];
    }),
  );
}

function parseValue(text: string): number | boolean | string {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/** The last `=` divides: ids may hold one. */
export function parseRating(text: string): { itemId: string; rating: number } {
  const at = text.lastIndexOf("=");
  const rating = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === "" || !Number.isFinite(rating))
    throw new ReelbenchError("RB_INVALID_INPUT", `"${text}" is not of the form ITEM=RATING.`);
  return { itemId: text.slice(0, at), rating };
}
