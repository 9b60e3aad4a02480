/**
 * A list of strings as UTF-8 in shared memory: what every thread can read without a copy, and what costs a garbage
 * collector nothing (62,000 items and 162,000 users would otherwise be that many objects on every switch).
 */
export interface SharedText {
  readonly length: number;
  readonly bytes: Uint8Array;
  /** [length + 1] where each string starts. */
  readonly starts: Int32Array;
}

export function toSharedText(texts: readonly string[]): SharedText {
  const starts = new Int32Array(new SharedArrayBuffer(4 * (texts.length + 1)));
  let total = 0;
  texts.forEach((text, index) => {
    starts[index] = total;
    total += Buffer.byteLength(text);
  });
  starts[texts.length] = total;
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  const target = Buffer.from(bytes.buffer, 0, total);
  texts.forEach((text, index) => target.write(text, starts[index] ?? 0));
  return { length: texts.length, bytes, starts };
}

export function textAt(text: SharedText, index: number): string {
  const start = text.starts[index];
  const end = text.starts[index + 1];
  if (start === undefined || end === undefined) throw new RangeError(`There is no text number ${index}.`);
  return Buffer.from(text.bytes.buffer, text.bytes.byteOffset + start, end - start).toString("utf8");
}

/** Ids with a way to find them. `order` is null where they already stand in the order of their UTF-8 bytes (bundles' do). */
export interface IdIndex {
  readonly ids: SharedText;
  readonly order: Int32Array | null;
}

export function toIdIndex(ids: readonly string[]): IdIndex {
  const text = toSharedText(ids);
  const view = bytesView(text);
  let sorted = true;
  for (let index = 1; index < ids.length && sorted; index++) sorted = compare(view, text, index - 1, index) < 0;
  if (sorted) return { ids: text, order: null };
  const order = new Int32Array(new SharedArrayBuffer(4 * ids.length));
  order.set(Int32Array.from(ids, (_, index) => index).sort((a, b) => compare(view, text, a, b)));
  return { ids: text, order };
}

/** Dense index of an id, or −1. A binary search: about 2 µs for 162,000 ids. */
export function findId({ ids, order }: IdIndex, id: string): number {
  const wanted = Buffer.from(id, "utf8");
  const view = bytesView(ids);
  let low = 0;
  let high = ids.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const index = order === null ? middle : (order[middle] ?? 0);
    const difference = view.compare(wanted, 0, wanted.length, ids.starts[index], ids.starts[index + 1]);
    if (difference === 0) return index;
    if (difference < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function bytesView(text: SharedText): Buffer {
  return Buffer.from(text.bytes.buffer, text.bytes.byteOffset, text.bytes.byteLength);
}

function compare(view: Buffer, text: SharedText, a: number, b: number): number {
  return view.compare(view, text.starts[b], text.starts[b + 1], text.starts[a], text.starts[a + 1]);
}
