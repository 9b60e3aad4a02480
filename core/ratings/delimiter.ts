import { createRecordScanner, fieldText } from "./record-scanner.ts";
import type { Dialect } from "./record-scanner.ts";

const candidates = ["::", "\t", ";", "|", ",", " "] as const;
const sampledRecords = 400;

/** Quotes mean something only beside a delimiter of one byte; MovieLens 1M has titles with stray quotes between `::`. */
export function dialectFor(delimiter: string): Dialect {
  const bytes = Buffer.from(delimiter, "utf8");
  return { delimiter: bytes, quotes: bytes.length === 1 && delimiter !== " ", collapse: delimiter === " " };
}

export interface SampledRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** The first records of a head. `whole`: the head is the whole file, so that its last record is complete. */
export function sampleRecords(head: Buffer, dialect: Dialect, whole: boolean, limit = sampledRecords): SampledRecord[] {
  const records: SampledRecord[] = [];
  const scanner = createRecordScanner(dialect, (record) => {
    if (records.length >= limit || record.oversize) return;
    records.push({
      line: record.line,
      fields: Array.from({ length: record.fields }, (_, index) => fieldText(record, index)),
    });
  });
  scanner.push(head);
  if (whole || records.length === 0) scanner.end();
  return records;
}

/** The most frequent number of fields and the share of records that have it. */
export function modalWidth(records: readonly SampledRecord[]): { width: number; share: number } {
  const counts = new Map<number, number>();
  for (const { fields } of records) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  let width = 0;
  let most = 0;
  for (const [fields, count] of counts)
    if (count > most || (count === most && fields > width)) [width, most] = [fields, count];
  return { width, share: records.length === 0 ? 0 : most / records.length };
}

/**
 * The delimiter that cuts most records into the same number of fields, three or more if possible; null when none does.
 * Lines that begin with `#` and Netflix' header lines have no say.
 */
export function detectDelimiter(head: Buffer, whole: boolean): string | null {
  let best: { delimiter: string; score: number } | null = null;
  for (const delimiter of candidates) {
    const records = sampleRecords(head, dialectFor(delimiter), whole).filter(
      ({ fields }) => !/^(#|\d+:$)/.test(fields[0] ?? "") || fields.length > 1,
    );
    const { width, share } = modalWidth(records);
    // Prose has spaces, too.
    if (width < 2 || share < (delimiter === " " ? 0.9 : 0.5)) continue;
    const score = share + (width >= 3 ? 1 : 0) - (delimiter === " " ? 0.5 : 0);
    if (best === null || score > best.score + 1e-9) best = { delimiter, score };
  }
  return best?.delimiter ?? null;
}
