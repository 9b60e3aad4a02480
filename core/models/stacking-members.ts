import { ReelbenchError } from "../contract/errors.ts";
import type { Hyperparameters } from "../contract/entities.ts";
import type { Algorithm } from "./algorithm.ts";
import { parseHyperparameters } from "./hyperparameters.ts";

/** One model of an ensemble: an algorithm with its complete hyperparameters. */
export interface Member {
  readonly algorithm: Algorithm;
  readonly hyperparameters: Hyperparameters;
}

const mostMembers = 8;

/**
 * What `members` says: algorithms separated by commas, settings in brackets, those separated by semicolons:
 * `svdpp, biased-svd(factors=50; epochs=30), puresvd`. The same algorithm may stand more than once.
 * @throws ReelbenchError RB_INVALID_INPUT naming what cannot be read, is not known or cannot be a member.
 */
export function parseMembers(text: string, candidates: readonly Algorithm[]): Member[] {
  const entries = text.match(/[^,()\s][^,()]*(?:\([^()]*\))?/g) ?? [];
  const rest = entries.reduce((left, entry) => left.replace(entry, ""), text).replaceAll(/[,\s]/g, "");
  if (rest !== "") throw invalid(`"${rest}" in the members is not of the form algorithm(name=value; …), ….`);
  if (entries.length < 2 || entries.length > mostMembers)
    throw invalid(`An ensemble has 2 to ${mostMembers} members; these are ${entries.length}.`);
  return entries.map((entry) => parseMember(entry, candidates));
}

function parseMember(entry: string, candidates: readonly Algorithm[]): Member {
  const [, id = "", settings = ""] = /^([^(]*?)\s*(?:\(([^()]*)\))?\s*$/.exec(entry) ?? [];
  const algorithm = candidates.find(({ info }) => info.id === id);
  if (algorithm === undefined)
    throw invalid(
      `There is no algorithm "${id}" to be a member. There are: ${candidates.map(({ info }) => info.id).join(", ")}.`,
    );
  const given = settings
    .split(";")
    .filter((setting) => setting.trim() !== "")
    .map((setting) => {
      const [name = "", value, ...more] = setting.split("=").map((part) => part.trim());
      if (value === undefined || more.length > 0) throw invalid(`"${setting.trim()}" of ${id} is not name=value.`);
      return [name, valueOf(value)] as const;
    });
  return { algorithm, hyperparameters: parseHyperparameters(algorithm, Object.fromEntries(given)) };
}

function valueOf(text: string): number | boolean | string {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text !== "" && Number.isFinite(number) ? number : text;
}

function invalid(message: string): ReelbenchError {
  return new ReelbenchError("RB_INVALID_INPUT", message);
}
