import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { writeFileAtomic } from "../files/atomic.ts";

const magic = "RBSEAL1\n";
const hashBytes = 32;
/** Of a payload at a time: what is written is never in memory twice. */
const chunkBytes = 2 ** 20;

/**
 * A file of work in progress: a JSON header and bytes, with a checksum over both. It is only ever a saving of time, so
 * whoever reads it treats a damaged one as absent. The payload comes in parts, which may lie in shared memory and must hold
 * still meanwhile.
 */
export async function writeSealed(path: string, header: unknown, payload: readonly Uint8Array[]): Promise<void> {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerBytes.length);
  await writeFileAtomic(path, sealed([Buffer.from(magic), length, headerBytes, ...payload]));
}

function* sealed(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  const hash = createHash("sha256");
  for (const part of parts) {
    for (let at = 0; at < part.length; at += chunkBytes) {
      // A copy: files and hashes are not promised to take shared memory.
      const chunk = Uint8Array.from(part.subarray(at, at + chunkBytes));
      hash.update(chunk);
      yield chunk;
    }
  }
  yield hash.digest();
}

/** Null when it is absent, damaged or of another shape. */
export async function readSealed<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<{ header: z.output<S>; payload: Uint8Array } | null> {
  const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (file === null || file.length < magic.length + 4 + hashBytes) return null;
  const body = file.subarray(0, file.length - hashBytes);
  if (!createHash("sha256").update(body).digest().equals(file.subarray(body.length))) return null;
  const headerStart = magic.length + 4;
  const headerEnd = headerStart + body.readUInt32LE(magic.length);
  if (body.toString("latin1", 0, magic.length) !== magic || headerEnd > body.length) return null;
  const header = schema.safeParse(JSON.parse(body.toString("utf8", headerStart, headerEnd)));
  // A copy, so that typed arrays over it are aligned.
  return header.success ? { header: header.data, payload: Uint8Array.from(body.subarray(headerEnd)) } : null;
}
