/**
 * The language in which runs are searched, the same in the engine, the workbench and the command line:
 *
 *     algorithm = ials and ndcg@10 > .3 and tag:baseline and not state = failed
 *
 * Fields are those of a run (`searchFields`), its metrics by name (`ndcg@10`) and its hyperparameters (`factors`, or
 * `param.factors` where a metric or field has that name). A word alone is looked for in name, algorithm, tags, note and id. `and`
 * may be left out. Texts are compared without regard to case.
 */
import type { RunRow } from "./run-table.ts";

export const searchOperators = ["=", "!=", ">=", "<=", ">", "<", "!~", "~", ":"] as const;
export type SearchOperator = (typeof searchOperators)[number];

export type SearchExpression =
  | { readonly kind: "everything" }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "comparison"; readonly field: string; readonly operator: SearchOperator; readonly value: string }
  | { readonly kind: "among"; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: "not"; readonly of: SearchExpression }
  | { readonly kind: "and" | "or"; readonly all: readonly SearchExpression[] };

export type SearchParse =
  | { readonly expression: SearchExpression }
  /** What is wrong, and from which character on. */
  | { readonly problem: string; readonly at: number };

export interface SearchToken {
  readonly kind: "text" | "quoted" | "operator" | "open" | "close" | "comma";
  readonly text: string;
  /** First character, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** Splits into words, quoted texts, operators and brackets. A quote that is not closed reaches to the end. */
export function searchTokens(text: string): readonly SearchToken[] {
  const pattern = /"((?:[^"\\]|\\.)*)"?|(!=|>=|<=|!~|[=<>~:])|(\()|(\))|(,)|([^\s"()=<>~:,!]+|!)/gu;
  return [...text.matchAll(pattern)].map((match): SearchToken => {
    const [whole, quoted, operator, open, close, comma, word] = match;
    const place = { from: match.index, to: match.index + whole.length };
    if (quoted !== undefined) return { kind: "quoted", text: quoted.replaceAll(/\\(.)/gu, "$1"), ...place };
    if (operator !== undefined) return { kind: "operator", text: operator, ...place };
    if (open !== undefined) return { kind: "open", text: open, ...place };
    if (close !== undefined) return { kind: "close", text: close, ...place };
    if (comma !== undefined) return { kind: "comma", text: comma, ...place };
    return { kind: "text", text: word ?? whole, ...place };
  });
}

class Problem extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const deepest = 50;

/** Never throws: a search that cannot be understood is answered with what is wrong and where. */
export function parseRunSearch(text: string): SearchParse {
  const tokens = searchTokens(text);
  let next = 0;
  const peek = () => tokens[next];
  const isWord = (token: SearchToken | undefined, word: string) =>
    token?.kind === "text" && token.text.toLowerCase() === word;

  function either(depth: number): SearchExpression {
    const all = [both(depth)];
    while (isWord(peek(), "or")) {
      next++;
      all.push(both(depth));
    }
    return all.length === 1 ? (all[0] as SearchExpression) : { kind: "or", all };
  }
  function both(depth: number): SearchExpression {
    const all = [negated(depth)];
    for (;;) {
      const token = peek();
      if (token === undefined || token.kind === "close" || isWord(token, "or")) break;
      if (isWord(token, "and")) next++;
      all.push(negated(depth));
    }
    return all.length === 1 ? (all[0] as SearchExpression) : { kind: "and", all };
  }
  function negated(depth: number): SearchExpression {
    if (!isWord(peek(), "not")) return single(depth);
    if (depth > deepest) throw new Problem("That is nested too deeply.", peek()?.from ?? text.length);
    next++;
    return { kind: "not", of: negated(depth + 1) };
  }
  function single(depth: number): SearchExpression {
    const token = peek();
    if (depth > deepest) throw new Problem("That is nested too deeply.", token?.from ?? text.length);
    if (token === undefined) throw new Problem("Something is missing at the end.", text.length);
    if (token.kind === "open") {
      next++;
      const inner = either(depth + 1);
      if (peek()?.kind !== "close") throw new Problem("A bracket is not closed.", peek()?.from ?? text.length);
      next++;
      return inner;
    }
    if (token.kind !== "text" && token.kind !== "quoted")
      throw new Problem(`"${token.text}" cannot stand here.`, token.from);
    if (isWord(token, "and") || isWord(token, "or"))
      throw new Problem(`Something is missing before "${token.text}".`, token.from);
    next++;
    const operator = peek();
    if (operator?.kind === "operator") {
      next++;
      return {
        kind: "comparison",
        field: token.text,
        operator: operator.text as SearchOperator,
        value: value(operator),
      };
    }
    if (isWord(operator, "in") && tokens[next + 1]?.kind === "open") {
      next += 2;
      return { kind: "among", field: token.text, values: values() };
    }
    return { kind: "word", word: token.text };
  }
  function value(operator: SearchToken): string {
    const token = peek();
    if (token?.kind !== "text" && token?.kind !== "quoted")
      throw new Problem(`A value is missing after "${operator.text}".`, token?.from ?? text.length);
    next++;
    if (/^[<>]/u.test(operator.text) && toNumber(token.text) === null && !/^\d{4}-/u.test(token.text))
      throw new Problem(`"${token.text}" is no number; ${operator.text} compares numbers and dates.`, token.from);
    return token.text;
  }
  function values(): readonly string[] {
    const found: string[] = [];
    for (;;) {
      const token = peek();
      if (token?.kind !== "text" && token?.kind !== "quoted")
        throw new Problem("A value is missing in the list.", token?.from ?? text.length);
      found.push(token.text);
      next++;
      const after = peek();
      next++;
      if (after?.kind === "close") return found;
      if (after?.kind !== "comma") throw new Problem("The list is not closed.", after?.from ?? text.length);
    }
  }

  if (tokens.length === 0) return { expression: { kind: "everything" } };
  try {
    const expression = either(0);
    const left = peek();
    if (left !== undefined) throw new Problem(`"${left.text}" closes nothing.`, left.from);
    return { expression };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message, at: error.at };
    throw error;
  }
}

type FieldValue = string | number | boolean | readonly string[] | null;

interface FieldOfRuns {
  readonly name: string;
  readonly description: string;
  readonly of: (run: RunRow) => FieldValue;
}

/** What every run has. */
export const searchFields: readonly FieldOfRuns[] = [
  { name: "name", description: "the run's name", of: ({ name }) => name },
  { name: "algorithm", description: "its algorithm's id", of: ({ algorithm }) => algorithm },
  { name: "state", description: "succeeded, failed, running, …", of: ({ state }) => state },
  { name: "tag", description: "one of its tags", of: ({ tags }) => tags ?? [] },
  { name: "note", description: "its note", of: ({ note }) => note },
  { name: "split", description: "its split's id", of: ({ splitId }) => splitId },
  { name: "snapshot", description: "its snapshot's id", of: ({ snapshotId }) => snapshotId },
  { name: "seed", description: "its seed", of: ({ seed }) => seed },
  { name: "fit", description: "seconds of training", of: ({ timings }) => timings?.fit ?? null },
  { name: "evaluate", description: "seconds of evaluation", of: ({ timings }) => timings?.evaluate ?? null },
  { name: "created", description: "when it was started (2026-11-20)", of: ({ createdAt }) => createdAt },
  { name: "refit", description: "true: trained again on everything", of: ({ refitOf }) => refitOf !== null },
  { name: "search", description: "the search it was made by", of: ({ search }) => search?.searchId ?? null },
  { name: "code", description: "version of the code", of: ({ codeVersion }) => codeVersion },
  { name: "id", description: "its id", of: ({ id }) => id },
];
const fieldByName = new Map(searchFields.map((field) => [field.name, field]));

/** A field of a run by the name a search or a column gives it; null where the run has no such value. */
export function valueOfRun(run: RunRow, name: string): FieldValue {
  const known = fieldByName.get(name.toLowerCase());
  if (known !== undefined) return known.of(run);
  if (name.startsWith("param.")) return run.hyperparameters[name.slice("param.".length)] ?? null;
  const metric = run.metrics.find((candidate) => candidate.metric === name.toLowerCase());
  return metric?.value ?? run.hyperparameters[name] ?? null;
}

export function matchesSearch(run: RunRow, expression: SearchExpression): boolean {
  switch (expression.kind) {
    case "everything":
      return true;
    case "word":
      return wordIn(run, expression.word.toLowerCase());
    case "not":
      return !matchesSearch(run, expression.of);
    case "and":
      return expression.all.every((one) => matchesSearch(run, one));
    case "or":
      return expression.all.some((one) => matchesSearch(run, one));
    case "among":
      return expression.values.some((value) => holds(valueOfRun(run, expression.field), "=", value));
    case "comparison":
      return holds(valueOfRun(run, expression.field), expression.operator, expression.value);
  }
}

function wordIn({ name, algorithm, tags = [], note, id }: RunRow, word: string): boolean {
  return [name, algorithm, note, id, ...tags].some((text) => text.toLowerCase().includes(word));
}

function holds(actual: FieldValue, operator: SearchOperator, wanted: string): boolean {
  if (operator === "!=") return !holds(actual, "=", wanted);
  if (operator === "!~") return !holds(actual, "~", wanted);
  if (actual === null) return false;
  if (typeof actual === "object") return actual.some((one) => holds(one, operator, wanted));
  if (typeof actual === "number") return holdsForNumber(actual, operator, wanted);
  const [text, other] = [String(actual).toLowerCase(), wanted.toLowerCase()];
  switch (operator) {
    case "=":
      return text === other;
    case "~":
      return text.includes(other);
    case ":":
      return typeof actual === "boolean" ? text === other : text.includes(other);
    // Dates, written from the year on, are in order as texts are.
    case ">":
      return text > other;
    case ">=":
      return text >= other;
    case "<":
      return text < other;
    case "<=":
      return text <= other;
  }
}

function holdsForNumber(actual: number, operator: Exclude<SearchOperator, "!=" | "!~">, wanted: string): boolean {
  const other = toNumber(wanted);
  if (other === null) return operator === "~" && String(actual).includes(wanted);
  switch (operator) {
    case "=":
    case ":":
      return actual === other;
    case "~":
      return String(actual).includes(wanted);
    case ">":
      return actual > other;
    case ">=":
      return actual >= other;
    case "<":
      return actual < other;
    case "<=":
      return actual <= other;
  }
}

function toNumber(text: string): number | null {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}

/** A value as it must be written in a search. */
export function quotedForSearch(value: string): string {
  return /^[^\s"()=<>~:,!]+$/u.test(value) && !/^(?:and|or|not|in)$/iu.test(value)
    ? value
    : `"${value.replaceAll(/["\\]/gu, "\\$&")}"`;
}
