import type { Command } from "commander";
import { Option } from "commander";
import { z } from "zod";
import { fileFormat, predefinedPart, readOptions, textEncoding, timeFormat } from "../core/contract/entities.ts";
import type { ReadOptions } from "../core/contract/entities.ts";
import { ReelbenchError } from "../core/contract/errors.ts";

export interface ReadFlags {
  readonly format?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly decimalComma?: boolean;
  readonly timeFormat?: string;
  readonly userColumn?: string;
  readonly itemColumn?: string;
  readonly ratingColumn?: string;
  readonly timeColumn?: string | false;
  readonly singleUser?: string;
  readonly missing?: readonly string[];
  readonly scale?: string;
  readonly part?: string;
  readonly partColumn?: string;
}

/** The flags that say how a file is to be read; what is left out is detected. */
export function withReadFlags(command: Command): Command {
  return command
    .addOption(new Option("--format <format>", "kind of file").choices(fileFormat.options))
    .addOption(new Option("--encoding <encoding>", "character encoding").choices(textEncoding.options))
    .option("--delimiter <text>", 'what separates fields ("\\t" for a tab)')
    .option("--header", "the first line holds names")
    .option("--no-header", "the first line is data")
    .option("--decimal-comma", "3,5 means 3.5")
    .addOption(new Option("--time-format <format>", "how times are written").choices(timeFormat.options))
    .option("--user-column <name>", "column of the user (column0, … where there is no header)")
    .option("--item-column <name>", "column of the item")
    .option("--rating-column <name>", "column of the rating")
    .option("--time-column <name>", "column of the time")
    .option("--no-time-column", "there is no time")
    .option("--single-user <id>", "all rows are this person's")
    .option("--missing <values...>", 'values that mean "no rating"')
    .option("--scale <minimum:maximum>", "the rating scale")
    .addOption(new Option("--part <part>", "the part of a split that all of it is").choices(predefinedPart.options))
    .option("--part-column <name>", "column that says of each rating which part it is (train, validation, test)");
}

export function readOptionsOf(flags: ReadFlags): ReadOptions {
  const [minimum, maximum] = (flags.scale ?? "").split(":").map(Number);
  const given = {
    format: flags.format,
    encoding: flags.encoding,
    delimiter: flags.delimiter?.replaceAll("\\t", "\t"),
    header: flags.header,
    decimalComma: flags.decimalComma,
    timeFormat: flags.timeFormat,
    userColumn: flags.userColumn,
    itemColumn: flags.itemColumn,
    ratingColumn: flags.ratingColumn,
    timeColumn: flags.timeColumn === false ? null : flags.timeColumn,
    singleUserId: flags.singleUser,
    missingValues: flags.missing,
    scale: flags.scale === undefined ? undefined : { minimum, maximum },
    part: flags.part,
    partColumn: flags.partColumn,
  };
  const parsed = readOptions.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (!parsed.success) throw new ReelbenchError("RB_INVALID_INPUT", z.prettifyError(parsed.error));
  return parsed.data;
}
