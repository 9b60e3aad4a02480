import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import iconv from "iconv-lite";
import type { ReadOptions } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";
import { throwIfAborted } from "./database.ts";

export type TextEncoding = NonNullable<ReadOptions["encoding"]>;

/** What the first bytes of a file say it is. */
export type Container = "text" | "gzip" | "parquet";

export interface InputFile {
  readonly path: string;
  readonly bytes: number;
  readonly container: Container;
}

const chunkBytes = 512 * 1024;

/** Files that are recognised only to say what to do about them. */
const refusedMagic: readonly { readonly magic: string; readonly advice: string }[] = [
  {
    magic: "504b0304",
    advice:
      "It is a ZIP archive (or an Excel workbook). Unpack it, or save the sheet as CSV, and choose the file inside.",
  },
  { magic: "28b52ffd", advice: "It is compressed with Zstandard. Unpack it, or compress it with gzip." },
  { magic: "425a68", advice: "It is compressed with bzip2. Unpack it, or compress it with gzip." },
  { magic: "fd377a585a00", advice: "It is compressed with xz. Unpack it, or compress it with gzip." },
  { magic: "377abcaf271c", advice: "It is a 7-Zip archive. Unpack it first." },
  {
    magic: "53514c69746520666f726d6174203300",
    advice: "It is an SQLite database. Export the table of ratings as CSV.",
  },
  { magic: "25504446", advice: "It is a PDF document." },
  { magic: "d0cf11e0a1b11ae1", advice: "It is an old Excel workbook. Save the sheet as CSV." },
];

/**
 * Looks at a file without trusting its name. Throws RB_FILE_NOT_FOUND; RB_FILE_UNREADABLE for folders, pipes, devices,
 * loops of links and files without permission; RB_IMPORT_FORMAT_UNKNOWN for archives and the like, saying what to do.
 */
export async function inspectFile(path: string): Promise<InputFile> {
  return withFile(path, async (handle) => {
    const { size } = await handle.stat();
    const head = Buffer.alloc(16);
    const { bytesRead } = await handle.read(head, 0, 16, 0);
    const magic = head.subarray(0, bytesRead).toString("hex");
    const refused = refusedMagic.find((known) => magic.startsWith(known.magic));
    if (refused !== undefined)
      throw new ReelbenchError("RB_IMPORT_FORMAT_UNKNOWN", `${path} is not a text file. ${refused.advice}`);
    return {
      path,
      bytes: size,
      container: magic.startsWith("1f8b") ? "gzip" : magic.startsWith("50415231") ? "parquet" : "text",
    };
  });
}

async function withFile<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openRegularFile(path);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** Without waiting for a writer: opening a pipe would otherwise hang for ever. */
async function openRegularFile(path: string): Promise<FileHandle> {
  if (path.includes("\0")) throw new ReelbenchError("RB_FILE_NOT_FOUND", "The path holds a NUL byte.");
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw openError(path, error);
  }
  try {
    if ((await handle.stat()).isFile()) return handle;
  } catch (error) {
    await handle.close();
    throw openError(path, error);
  }
  await handle.close();
  throw new ReelbenchError("RB_FILE_UNREADABLE", `${path} is not a regular file (a folder, pipe or device).`);
}

function openError(path: string, error: unknown): ReelbenchError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG")
    return new ReelbenchError("RB_FILE_NOT_FOUND", `There is no file ${path}.`, { cause: error });
  const cause =
    code === "ELOOP"
      ? "its links lead in a circle"
      : code === "EACCES" || code === "EPERM"
        ? "permission denied"
        : code;
  return new ReelbenchError("RB_FILE_UNREADABLE", `${path} cannot be read: ${cause}.`, { cause: error });
}

export interface ReadReport {
  /** SHA-256 of the bytes as they lie in the file. */
  sha256: string;
  bytes: number;
}

export interface ReadContext {
  readonly signal?: AbortSignal;
  /** Bytes of the file read so far. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * The file's bytes, unpacked, in chunks. `report` is filled when the end is reached. Throws RB_CONFLICT when the file
 * changed meanwhile, RB_FILE_UNREADABLE when the compressed data are damaged or cut short, RB_CANCELLED.
 */
export async function* readUnpacked(file: InputFile, report: ReadReport, context: ReadContext): AsyncGenerator<Buffer> {
  const handle = await openRegularFile(file.path);
  try {
    const before = await handle.stat();
    const hash = createHash("sha256");
    const raw = rawChunks(handle, hash, report, context);
    yield* file.container === "gzip" ? gunzip(file.path, raw) : raw;
    report.sha256 = hash.digest("hex");
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs || report.bytes !== after.size) {
      throw new ReelbenchError(
        "RB_CONFLICT",
        `${file.path} changed while it was being read. Wait until it is written, then import it again.`,
      );
    }
  } finally {
    await handle.close();
  }
}

async function* rawChunks(
  handle: FileHandle,
  hash: { update(data: Buffer): unknown },
  report: ReadReport,
  context: ReadContext,
): AsyncGenerator<Buffer> {
  for (;;) {
    throwIfAborted(context.signal);
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, null);
    if (bytesRead === 0) return;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    report.bytes += bytesRead;
    context.onBytes?.(report.bytes);
    yield chunk;
  }
}

async function* gunzip(path: string, raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  const feed = feedInto(raw, unpacked);
  // Looked at below; without a handler an early failure would count as unhandled while the loop still waits.
  feed.catch(() => undefined);
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) yield chunk;
    await feed;
  } catch (error) {
    await feed;
    if (error instanceof ReelbenchError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new ReelbenchError(
      "RB_FILE_UNREADABLE",
      `${path} is damaged or cut short inside its gzip data (${cause}). Fetch it again.`,
      { cause: error },
    );
  } finally {
    unpacked.destroy();
  }
}

async function feedInto(raw: AsyncIterable<Buffer>, sink: Readable & NodeJS.WritableStream): Promise<void> {
  try {
    for await (const chunk of raw) {
      if (sink.destroyed) return;
      if (!sink.write(chunk)) await drained(sink);
    }
    sink.end();
  } catch (error) {
    sink.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function drained(sink: Readable & NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      sink.removeListener("drain", settle);
      sink.removeListener("close", settle);
      resolve();
    };
    sink.once("drain", settle);
    sink.once("close", settle);
  });
}

/** The text as UTF-8 bytes, without byte order mark. Bytes that are no text in UTF-8 pass as they are. */
export async function* readText(
  file: InputFile,
  encoding: TextEncoding,
  report: ReadReport,
  context: ReadContext,
): AsyncGenerator<Buffer> {
  const chunks = readUnpacked(file, report, context);
  yield* encoding === "utf-8" ? withoutByteOrderMark(chunks) : transcode(chunks, encoding);
}

async function* withoutByteOrderMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    yield first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
    first = false;
  }
}

const iconvNames: Record<TextEncoding, string> = {
  "utf-8": "utf8",
  "utf-16le": "utf-16le",
  "utf-16be": "utf-16be",
  latin1: "latin1",
  "windows-1252": "windows-1252",
};

async function* transcode(chunks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<Buffer> {
  const decoder = iconv.getDecoder(iconvNames[encoding], { stripBOM: true });
  for await (const chunk of chunks) yield Buffer.from(decoder.write(chunk), "utf8");
  yield Buffer.from(decoder.end() ?? "", "utf8");
}

/** The first `limit` unpacked bytes: enough to tell the layout. Damage further on shows at the import. */
export async function readHead(file: InputFile, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of readUnpacked(file, { sha256: "", bytes: 0 }, {})) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(parts).subarray(0, limit);
}
