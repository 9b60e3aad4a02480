import { itemId, userId } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { BundlePart } from "./bundle-card.ts";

type IdPart = Exclude<BundlePart, "model.safetensors">;

/** No id is nearly as long; text that goes on without the end of a string is not a list of ids. */
const longestElement = 1 << 20;

/** Order of the UTF-8 bytes, which is the order of code points; JavaScript's own order is that of UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return (isSurrogate(x) ? x + 0x1_0000 : x) - (isSurrogate(y) ? y + 0x1_0000 : y);
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * Reads `users.json` or `items.json` of a bundle by pieces, in batches of ids, so that millions of them need no memory at
 * once. Throws RB_CORRUPT unless it is a JSON list of exactly `count` ids (any number where null), each once and in byte order.
 */
export async function* readIdList(
  pieces: AsyncIterable<Uint8Array>,
  name: IdPart,
  count: number | null,
): AsyncGenerator<readonly string[]> {
  const schema = name === "users.json" ? userId : itemId;
  let previous: string | undefined;
  let found = 0;
  for await (const batch of stringsOf(pieces, name)) {
    const ids = batch.map((value) => {
      const parsed = schema.safeParse(value);
      if (!parsed.success) throw corrupt(`${name} holds something that is not an id.`);
      if (previous !== undefined && compareUtf8(previous, parsed.data) >= 0)
        throw corrupt(`The ids in ${name} are not unique and in byte order.`);
      previous = parsed.data;
      return parsed.data;
    });
    found += ids.length;
    yield ids;
  }
  if (count !== null && found !== count) throw corrupt(`${name} is not a list of ${count} ids.`);
}

/** The elements of a JSON list whose elements end with strings; what else stands between them comes out as it is. */
async function* stringsOf(pieces: AsyncIterable<Uint8Array>, name: IdPart): AsyncGenerator<readonly unknown[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let scanned = 0;
  let insideString = false;
  let escaped = false;
  let separator = "[";
  const decode = (piece?: Uint8Array) => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch (error) {
      throw corrupt(`${name} is not JSON.`, error);
    }
  };
  for await (const piece of pieces) {
    text += decode(piece);
    let complete = 0;
    for (; scanned < text.length; scanned++) {
      const unit = text.charCodeAt(scanned);
      if (escaped) escaped = false;
      else if (insideString && unit === backslash) escaped = true;
      else if (unit === quote) {
        insideString = !insideString;
        if (!insideString) complete = scanned + 1;
      }
    }
    if (complete > 0) {
      yield elements(text.slice(0, complete), separator, name);
      separator = ",";
      text = text.slice(complete);
      scanned -= complete;
    }
    if (text.length > longestElement) throw corrupt(`${name} is not a list of ids.`);
  }
  text += decode();
  const end = text.trim().replaceAll(/\s/g, "");
  if (end !== (separator === "[" ? "[]" : "]")) throw corrupt(`${name} is not JSON.`);
}

const quote = '"'.charCodeAt(0);
const backslash = "\\".charCodeAt(0);

function elements(text: string, separator: string, name: IdPart): readonly unknown[] {
  const trimmed = text.trimStart();
  try {
    if (!trimmed.startsWith(separator)) throw new SyntaxError(`no "${separator}"`);
    const list: unknown = JSON.parse(`[${trimmed.slice(1)}]`);
    return Array.isArray(list) ? list : [];
  } catch (error) {
    throw corrupt(`${name} is not JSON.`, error);
  }
}

/** How many ids two lists share, and how many the second has. Both in byte order; neither is held in memory. */
export async function overlapOf(
  mine: AsyncIterable<readonly string[]>,
  theirs: AsyncIterable<readonly string[]>,
): Promise<{ readonly shared: number; readonly theirs: number }> {
  const other = theirs[Symbol.asyncIterator]();
  let batch: readonly string[] = [];
  let at = 0;
  let count = 0;
  let shared = 0;
  const more = async (): Promise<boolean> => {
    while (at >= batch.length) {
      const next = await other.next();
      if (next.done === true) return false;
      batch = next.value;
      at = 0;
      count += batch.length;
    }
    return true;
  };
  for await (const ids of mine) {
    for (const id of ids) {
      while ((at < batch.length || (await more())) && compareUtf8(batch[at] ?? "", id) < 0) at++;
      if (at < batch.length && batch[at] === id) {
        shared++;
        at++;
      }
    }
  }
  at = batch.length;
  while (await more()) at = batch.length;
  return { shared, theirs: count };
}

function corrupt(message: string, cause?: unknown): ReelbenchError {
  return new ReelbenchError("RB_CORRUPT", message, { cause });
}
