import reference from "../../../../docs/reference/metrics.md?raw";
import { blocksOf } from "./markdown-text.ts";
import type { Block } from "./markdown-text.ts";

/** A metric as docs/reference/metrics.md has it: that page is the one place where they are explained. */
export interface MetricEntry {
  /** Without its list length: `ndcg`. */
  readonly name: string;
  /** As the page writes it: `ndcg@k`. */
  readonly written: string;
  readonly group: string;
  readonly definition: string;
  readonly formula: string;
  readonly reference: string;
  readonly trap: string;
}

export interface Chapter {
  readonly title: string;
  readonly blocks: readonly Block[];
}

const blocks = blocksOf(reference);

/** Everything of the page but its tables of metrics, by heading. */
export const chapters: readonly Chapter[] = chaptersOf(blocks);
export const metricEntries: readonly MetricEntry[] = entriesOf(blocks);

export function entryOf(metric: string): MetricEntry | undefined {
  const name = metric.split("@")[0] ?? metric;
  return metricEntries.find((entry) => entry.name === name);
}

function entriesOf(all: readonly Block[]): readonly MetricEntry[] {
  let group = "";
  return all.flatMap((block) => {
    if (block.kind === "heading") group = block.text;
    return block.kind === "table" && isOfMetrics(block)
      ? block.rows.map((row) => entryFrom(block.header, row, group))
      : [];
  });
}

function isOfMetrics({ header }: { readonly header: readonly string[] }): boolean {
  return header[0] === "metric" && header.includes("trap");
}

function entryFrom(header: readonly string[], row: readonly string[], group: string): MetricEntry {
  const cell = (...names: readonly string[]) => row[header.findIndex((title) => names.includes(title))] ?? "";
  const written = cell("metric").replaceAll("`", "");
  return {
    name: written.split("@")[0] ?? written,
    written,
    group,
    definition: cell("definition"),
    formula: cell("for one user", "what"),
    reference: cell("reference"),
    trap: cell("trap"),
  };
}

function chaptersOf(all: readonly Block[]): readonly Chapter[] {
  const found: { title: string; blocks: Block[] }[] = [];
  for (const block of all) {
    if (block.kind === "heading") found.push({ title: block.text, blocks: [] });
    else if (block.kind !== "table" || !isOfMetrics(block)) found.at(-1)?.blocks.push(block);
  }
  return found.filter((chapter) => chapter.blocks.length > 0);
}
