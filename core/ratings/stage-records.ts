import { isEmptyCell } from "./layout-weights.ts";
import { fieldText, recordText } from "./record-scanner.ts";
import type { ScannedRecord } from "./record-scanner.ts";
import { jsonText, netflixHeader, parseObject } from "./read-plan.ts";
import type { ReadPlan } from "./read-plan.ts";
import { idFault, rawLimitBytes } from "./stage-writer.ts";
import type { StageWriter } from "./stage-writer.ts";

export type RecordHandler = (record: ScannedRecord) => void;

/** What to do with each scanned record of a file read by this plan. */
export function recordHandler(plan: ReadPlan, stage: StageWriter): RecordHandler {
  if (plan.format === "jsonl") return jsonlHandler(plan, stage);
  if (plan.format === "netflix") return netflixHandler(stage);
  if (plan.format === "matrix") return matrixHandler(plan, stage);
  return plan.header ? afterHeader(delimitedHandler(plan, stage)) : delimitedHandler(plan, stage);
}

function afterHeader(handle: RecordHandler): RecordHandler {
  let seen = false;
  return (record) => {
    if (seen) handle(record);
    seen = true;
  };
}

/** The columns in the order in which they are staged. */
const stagedRoles = ["user", "item", "rating", "time", "title", "year", "genres", "part"] as const;

/** Whether a record's text is its staged fields joined by the delimiter, so that the raw text need not be kept. */
export function rawIsRebuildable(plan: ReadPlan): boolean {
  const used = stagedRoles.flatMap((role) => plan.columns[role] ?? []);
  return (
    plan.format === "delimited" &&
    !plan.dialect.collapse &&
    plan.names.length === used.length &&
    new Set(used).size === used.length
  );
}

function delimitedHandler(plan: ReadPlan, stage: StageWriter): RecordHandler {
  const width = plan.names.length;
  const columns = stagedRoles.map((role) => plan.columns[role] ?? -1);
  const rebuildable = rawIsRebuildable(plan);
  const [user = -1, item = -1] = columns;
  // Hot loop: one call for each record of the file, with no object made on the plain path.
  return (record) => {
    if (record.oversize) return refuse(stage, record, "not-a-record");
    if (record.fields !== width)
      return refuse(stage, record, record.bytes[record.start] === 35 ? "not-a-record" : "ragged");
    let touched = !rebuildable;
    for (let column = 0; column < record.fields; column++) if (trimField(record, column)) touched = true;
    const fault = (user === -1 ? null : fieldFault(record, user)) ?? fieldFault(record, item);
    if (fault !== null) return refuse(stage, record, fault);
    stage.beginRow(record.line);
    stage.nullField();
    for (const column of columns) writeField(stage, record, column);
    if (touched) stage.bytesField(record.bytes, record.start, Math.min(record.end, record.start + rawLimitBytes));
    else stage.nullField();
    stage.endRow();
  };
}

function refuse(stage: StageWriter, record: ScannedRecord, reason: "not-a-record" | "ragged" | "bad-encoding"): void {
  stage.rejectRow(record.line, reason, recordText(record, rawLimitBytes));
}

/** Removes surrounding spaces from a field without quotes. True when the field differs from the bytes in the record. */
function trimField(record: ScannedRecord, column: number): boolean {
  if (record.fieldQuoted[column] !== 0) return true;
  const { bytes, fieldStart, fieldEnd } = record;
  let start = fieldStart[column] ?? 0;
  let end = fieldEnd[column] ?? 0;
  const from = start;
  const to = end;
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  if (start === from && end === to) return false;
  fieldStart[column] = start;
  fieldEnd[column] = end;
  return true;
}

function fieldFault(record: ScannedRecord, column: number) {
  return idFault(record.bytes, record.fieldStart[column] ?? 0, record.fieldEnd[column] ?? 0);
}

function writeField(stage: StageWriter, record: ScannedRecord, column: number): void {
  if (column === -1) stage.nullField();
  else if (record.fieldQuoted[column] === 2) stage.textField(fieldText(record, column));
  else stage.bytesField(record.bytes, record.fieldStart[column] ?? 0, record.fieldEnd[column] ?? 0);
}

function textFault(text: string) {
  const bytes = Buffer.from(text, "utf8");
  return idFault(bytes, 0, bytes.length);
}

function netflixHandler(stage: StageWriter): RecordHandler {
  let item = "";
  return (record) => {
    if (record.oversize) return refuse(stage, record, "not-a-record");
    if (record.fields === 1) {
      const header = netflixHeader.exec(recordText(record, 40));
      if (header === null) return refuse(stage, record, "ragged");
      item = header[1] ?? "";
      return;
    }
    if (record.fields !== 3) return refuse(stage, record, "ragged");
    for (let column = 0; column < 3; column++) trimField(record, column);
    const fault = fieldFault(record, 0);
    if (fault !== null) return refuse(stage, record, fault);
    stage.beginRow(record.line);
    stage.nullField();
    writeField(stage, record, 0);
    stage.textField(item);
    writeField(stage, record, 1);
    writeField(stage, record, 2);
    for (let i = 0; i < 4; i++) stage.nullField();
    stage.bytesField(record.bytes, record.start, record.end);
    stage.endRow();
  };
}

/** Every filled cell is a rating: the row's user, the column's item. */
function matrixHandler(plan: ReadPlan, stage: StageWriter): RecordHandler {
  const user = plan.columns.user ?? 0;
  let items: string[] | null = null;
  return (record) => {
    if (items === null) {
      const first = Array.from({ length: record.fields }, (_, column) => fieldText(record, column));
      items = first.length === plan.names.length - 1 ? ["", ...first] : first;
      return;
    }
    if (record.oversize) return refuse(stage, record, "not-a-record");
    if (record.fields !== items.length) return refuse(stage, record, "ragged");
    for (let column = 0; column < record.fields; column++) trimField(record, column);
    for (let column = 0; column < record.fields; column++) {
      const cell = column === user ? "" : fieldText(record, column);
      if (isEmptyCell(cell)) continue;
      const id = items[column] ?? "";
      const raw = `${fieldText(record, user)}, ${id}: ${cell}`;
      const fault = fieldFault(record, user) ?? textFault(id);
      // A faulty cell keeps its value: whether it is a rating at all shows only when all are seen.
      stage.beginRow(record.line);
      if (fault === null) {
        stage.nullField();
        writeField(stage, record, user);
        stage.textField(id);
      } else {
        stage.textField(fault);
        stage.nullField();
        stage.nullField();
      }
      stage.textField(cell);
      for (let i = 0; i < 5; i++) stage.nullField();
      stage.textField(raw);
      stage.endRow();
    }
  };
}

function jsonlHandler(plan: ReadPlan, stage: StageWriter): RecordHandler {
  const names = stagedRoles.map((role) => plan.names[plan.columns[role] ?? -1] ?? null);
  return (record) => {
    const text = recordText(record, record.end - record.start);
    const object = record.oversize ? null : parseObject(text);
    if (object === null) return stage.rejectRow(record.line, "not-a-record", text.slice(0, rawLimitBytes));
    const fields = names.map((name) => (name === null ? null : exactText(object, name, text)));
    const fault = textFault(fields[0] ?? "") ?? textFault(fields[1] ?? "");
    if (fault !== null) return stage.rejectRow(record.line, fault, text.slice(0, rawLimitBytes));
    stage.beginRow(record.line);
    stage.nullField();
    for (const field of fields) {
      if (field === null) stage.nullField();
      else stage.textField(field.trim());
    }
    stage.textField(text);
    stage.endRow();
  };
}

/** A number past 2^53 would come back rounded from JSON.parse: an id of that kind is taken from the text itself. */
function exactText(object: Record<string, unknown>, name: string, text: string): string {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (typeof value !== "number" || Number.isSafeInteger(value) || Math.abs(value) < Number.MAX_SAFE_INTEGER)
    return jsonText(value);
  const key = JSON.stringify(name);
  const at = text.lastIndexOf(key);
  const digits = at === -1 ? null : /^\s*:\s*(-?[0-9.eE+-]+)/.exec(text.slice(at + key.length));
  return digits?.[1] ?? jsonText(value);
}
