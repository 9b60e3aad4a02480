import type { Command } from "commander";
import { Option } from "commander";
import { z } from "zod";
import { splitProtocol } from "../../core/contract/entities.ts";
import type { SplitProtocol } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { inSession, realNumber, wholeNumber } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { describeSplit } from "../describe.ts";
import { findNamed, findOrNewest, shortId } from "../short-id.ts";
import { formatTable } from "../table.ts";

interface SplitFlags {
  readonly protocol?: string;
  readonly testShare?: number;
  readonly folds?: number;
  readonly cutoffs?: number;
  readonly validationShare?: number;
  readonly validation?: boolean;
  readonly foldInShare?: number;
  readonly foldInBy?: string;
  readonly relevantFrom?: number;
  readonly seed: number;
  readonly propose?: boolean;
}

export function addSplitCommands(program: Command, context: CommandContext): void {
  program
    .command("split [snapshot]")
    .description("divide a snapshot into what is trained on and what is tested on")
    .addOption(
      new Option("--protocol <protocol>", "how (left out: what fits the data best)").choices(
        splitProtocol.options.map((option) => option.shape.protocol.value),
      ),
    )
    .option("--test-share <share>", "share that is tested on, 0 … 1", realNumber)
    .option("--folds <n>", "folds of k-fold", wholeNumber(2, 20))
    .option("--cutoffs <n>", "cut-offs of rolling-origin", wholeNumber(2, 20))
    .option("--validation-share <share>", "share of the rest kept apart for tuning, 0 … 1", realNumber)
    .option("--validation", "keep a part for tuning (k-fold, rolling-origin, leave-last-out)")
    .option("--fold-in-share <share>", "share of a held-out user's ratings that is given, 0 … 1", realNumber)
    .addOption(new Option("--fold-in-by <order>", "which of them").choices(["random", "time"]))
    .option("--relevant-from <rating>", "test only ratings of at least this", realNumber)
    .option("--seed <n>", "of the random choices", wholeNumber(0, 0xffff_ffff), 42)
    .option("--propose", "only show what would fit")
    .action((given: string | undefined, flags: SplitFlags, command: Command) =>
      inSession(context, command, async ({ ask, run, terminal }) => {
        refuseIdleFlags(flags);
        const snapshot = findOrNewest(
          await ask("snapshots.list", {}),
          given,
          "snapshot",
          "make one first: reelbench snapshot",
        );
        if (flags.propose === true || flags.protocol === undefined) {
          const proposals = await ask("splits.propose", { snapshotId: snapshot.id });
          if (flags.propose === true) {
            const text = formatTable(
              proposals,
              [
                { title: "protocol", value: ({ protocol }) => protocol.protocol },
                { title: "train", value: ({ train }) => train },
                { title: "test", value: ({ test }) => test },
                { title: "test users", value: ({ testUsers }) => testUsers },
                { title: "warm", value: ({ warmTestUsers }) => warmTestUsers },
                { title: "intervals", value: ({ meaningful }) => (meaningful ? "meaningful" : "too few") },
                { title: "why", value: ({ reason, leaks }) => [reason, ...leaks].join(" ") },
              ],
              "Nothing fits this snapshot.",
            );
            return { json: proposals, text };
          }
          const [best] = proposals;
          if (best === undefined) throw new ReelbenchError("RB_SPLIT_EMPTY", "No protocol fits this snapshot.");
          terminal.err(`${best.protocol.protocol}: ${best.reason}\n`);
          return made(best.protocol);
        }
        return made(protocolOf(flags));

        async function made(protocol: SplitProtocol) {
          const { splitId } = await run("splits.create", { snapshotId: snapshot.id, protocol, seed: flags.seed });
          const split = await ask("splits.get", { splitId });
          return { json: split, text: describeSplit(split) };
        }
      }),
    );

  program
    .command("splits [id]")
    .description("list splits, or show one")
    .action((id: string | undefined, _flags: object, command: Command) =>
      inSession(context, command, async ({ ask }) => {
        const all = await ask("splits.list", {});
        if (id !== undefined) {
          const split = findNamed(all, id, "split");
          return { json: split, text: describeSplit(split) };
        }
        const text = formatTable(
          all,
          [
            { title: "id", value: (split) => shortId(split.id) },
            { title: "name", value: (split) => (split.missing === true ? `${split.name} (folder gone)` : split.name) },
            { title: "snapshot", value: ({ snapshotId }) => shortId(snapshotId) },
            { title: "train", value: ({ train }) => train },
            { title: "test", value: ({ test }) => test },
            { title: "made", value: ({ createdAt }) => createdAt },
          ],
          "There is no split yet: reelbench split.",
        );
        return { json: all, text };
      }),
    );
}

/** Parameters of protocols, each with a flag of its name. */
const parameters = [
  "testShare",
  "folds",
  "cutoffs",
  "validationShare",
  "validation",
  "foldInShare",
  "foldInBy",
  "relevantFrom",
] as const;

/** Somebody who gives a share or folds means something by it. Throws RB_INVALID_INPUT where it would have no effect. */
function refuseIdleFlags({ protocol, ...flags }: SplitFlags): void {
  const known = splitProtocol.options.find((option) => option.shape.protocol.value === protocol)?.shape ?? {};
  for (const name of parameters) {
    if (flags[name] === undefined || name in known) continue;
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      protocol === undefined ? `${flag} goes with --protocol.` : `${flag} means nothing to the protocol ${protocol}.`,
    );
  }
}

function protocolOf({ protocol, ...flags }: SplitFlags): SplitProtocol {
  const given = {
    protocol,
    ...Object.fromEntries(parameters.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]))),
  };
  const parsed = splitProtocol.safeParse(given);
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return parsed.data;
}
