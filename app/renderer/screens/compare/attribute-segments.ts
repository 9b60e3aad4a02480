import type { EvaluationReport } from "../../../../core/contract/entities.ts";

type Segment = EvaluationReport["segments"][number];

/** Between an attribute's name and its value in a segment's label: "gender: F". */
const between = ": ";

// As a person counts: "9–10 years" before "10–19 years".
const collator = new Intl.Collator("en", { numeric: true });

/** What is known of users by which they were judged apart, as the file of users calls it: "age", "gender". */
export function attributesOf(segments: readonly Segment[]): readonly string[] {
  const names = segments
    .filter(({ kind }) => kind === "attribute")
    .map(({ label }) => label.slice(0, label.indexOf(between)));
  return [...new Set(names)].sort(collator.compare);
}

/** The segments of one attribute, each called by its value alone. */
export function segmentsByAttribute(segments: readonly Segment[], attribute: string): readonly Segment[] {
  const start = `${attribute}${between}`;
  return segments
    .filter(({ kind, label }) => kind === "attribute" && label.startsWith(start))
    .map((segment) => ({ ...segment, label: segment.label.slice(start.length) }))
    .sort((a, b) => collator.compare(a.label, b.label));
}
