import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";
import type { TextEncoding } from "./input-file.ts";

/**
 * The encoding the first bytes of a text speak for: a byte order mark; else the NULs of UTF-16; else UTF-8 unless most of
 * its non-ASCII characters are broken; else one byte a character (Windows-1252 where 0x80–0x9F occur, which Latin-1
 * leaves to control characters).
 */
export function detectEncoding(head: Buffer): TextEncoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const withoutMark = utf16WithoutMark(head);
  if (withoutMark !== null) return withoutMark;
  if (isUtf8(head) || mostlyUtf8(head)) return "utf-8";
  return head.some((byte) => byte >= 0x80 && byte <= 0x9f) ? "windows-1252" : "latin1";
}

/** Western text in UTF-16 has a NUL in every other byte. */
function utf16WithoutMark(head: Buffer): TextEncoding | null {
  const pairs = Math.min(head.length, 4096) >> 1;
  if (pairs < 2) return null;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i++) {
    if (head[2 * i] === 0) even++;
    if (head[2 * i + 1] === 0) odd++;
  }
  if (odd > 0.4 * pairs && even < 0.05 * pairs) return "utf-16le";
  if (even > 0.4 * pairs && odd < 0.05 * pairs) return "utf-16be";
  return null;
}

/** A few broken bytes in a UTF-8 text do not make it Latin-1: reading it so would spoil every other title. */
function mostlyUtf8(head: Buffer): boolean {
  let whole = 0;
  let broken = 0;
  for (const character of head.toString("utf8")) {
    if (character === "\u{FFFD}") broken++;
    else if (character > "\u{7F}") whole++;
  }
  // The head may end within a character.
  return broken <= 1 ? whole > 0 || broken === 0 : whole > 4 * broken;
}

/** The head as UTF-8 bytes, as `readText` would give them. */
export function decodeHead(head: Buffer, encoding: TextEncoding): Buffer {
  if (encoding === "utf-8") return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
  return Buffer.from(iconv.decode(head, encoding, { stripBOM: true }), "utf8");
}
