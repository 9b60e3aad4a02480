import { quotedForSearch, searchFields, searchTokens } from "../../../../core/contract/run-search.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { metricLabel } from "../../components/format/metrics.ts";

export interface Suggestion {
  readonly text: string;
  readonly description: string;
  /** The search with it put in. */
  readonly result: string;
}

type Facets = MethodOutput<"runs.facets">;
interface Candidate {
  readonly text: string;
  readonly description: string;
}

const states = ["succeeded", "failed", "running", "queued", "cancelled", "interrupted"];
const most = 12;

/** What could stand at the end of what is typed: a field, then an operator, then a value that occurs, then what joins. */
export function suggestions(search: string, facets: Facets): readonly Suggestion[] {
  const tokens = searchTokens(search);
  const last = tokens.at(-1);
  const finished = last === undefined || /\s$/u.test(search) || last.kind !== "text";
  const typed = finished ? "" : last.text;
  const before = finished ? search : search.slice(0, last.from);
  const standing = finished ? tokens : tokens.slice(0, -1);
  return candidatesAfter(standing, facets)
    .filter(({ text }) => isBegunBy(text, typed))
    .slice(0, most)
    .map(({ text, description }) => ({ text, description, result: joined(before, text) }));
}

function joined(before: string, text: string): string {
  const gap = before === "" || /[\s(:]$/u.test(before) ? "" : " ";
  return `${before}${gap}${text} `;
}

/** A part of it is enough: `10` finds `ndcg@10`. What is typed whole needs no suggestion. */
function isBegunBy(text: string, typed: string): boolean {
  const [candidate, wanted] = [text.toLowerCase(), typed.toLowerCase()];
  return candidate !== wanted && candidate.includes(wanted);
}

function candidatesAfter(tokens: ReturnType<typeof searchTokens>, facets: Facets): readonly Candidate[] {
  const last = tokens.at(-1);
  const previous = tokens.at(-2);
  if (last?.kind === "operator") return valuesOf(previous?.text ?? "", facets);
  const isJoint = last?.kind === "text" && /^(?:and|or|not)$/iu.test(last.text);
  if (last === undefined || last.kind === "open" || isJoint) return fieldsOf(facets);
  if (previous?.kind === "operator" || last.kind === "close" || last.kind === "quoted") return joints;
  return isField(last.text, facets) ? operatorsOf(last.text, facets) : joints;
}

const joints: readonly Candidate[] = [
  { text: "and", description: "both" },
  { text: "or", description: "either" },
];

function fieldsOf(facets: Facets): readonly Candidate[] {
  const own = searchFields.map(({ name, description }) => ({ text: name, description }));
  const taken = new Set([...own.map(({ text }) => text), ...facets.metrics.map(({ metric }) => metric)]);
  return [
    ...own.slice(0, 5),
    ...[...facets.metrics]
      .sort((a, b) => b.runs - a.runs)
      .map(({ metric }) => ({ text: metric, description: metricLabel(metric) })),
    ...facets.hyperparameters.map(({ name, runs }) => ({
      text: taken.has(name) ? `param.${name}` : name,
      description: `hyperparameter of ${String(runs)} runs`,
    })),
    ...own.slice(5),
    { text: "not", description: "all others" },
  ];
}

function isField(name: string, facets: Facets): boolean {
  return fieldsOf(facets).some(({ text }) => text === name) || name.startsWith("param.");
}

function operatorsOf(field: string, facets: Facets): readonly Candidate[] {
  const isNumber =
    facets.metrics.some(({ metric }) => metric === field) ||
    facets.hyperparameters.some(({ name, numeric }) => numeric && (name === field || `param.${name}` === field)) ||
    ["seed", "fit", "evaluate", "created"].includes(field);
  return isNumber
    ? [
        { text: ">", description: "more than" },
        { text: "<", description: "less than" },
        { text: ">=", description: "at least" },
        { text: "<=", description: "at most" },
        { text: "=", description: "exactly" },
      ]
    : [
        { text: "=", description: "is" },
        { text: "!=", description: "is not" },
        { text: "~", description: "contains" },
      ];
}

function valuesOf(field: string, facets: Facets): readonly Candidate[] {
  if (field === "algorithm")
    return facets.algorithms.map(({ algorithm, runs }) => ({ text: algorithm, description: `${String(runs)} runs` }));
  if (field === "tag")
    return facets.tags.map(({ tag, runs }) => ({ text: quotedForSearch(tag), description: `${String(runs)} runs` }));
  if (field === "state") return states.map((text) => ({ text, description: "state" }));
  if (field === "refit") return ["true", "false"].map((text) => ({ text, description: "" }));
  return [];
}
