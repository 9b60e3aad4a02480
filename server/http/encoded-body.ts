import { hash } from "node:crypto";

/**
 * A body as it goes over the wire. Kept with what it was made from, it answers again without being made again; its
 * compressed forms are made when somebody first asks for them.
 */
export interface EncodedBody {
  /** A character for each byte: with the head it goes out in one piece, and thousands that are kept lie in no buffers beside the heap. */
  readonly latin1: string;
  readonly contentType: string;
  readonly etag: string;
  compressed: { br?: Promise<Buffer>; gzip?: Promise<Buffer> } | null;
}

export const jsonType = "application/json; charset=utf-8";
export const protobufType = "application/x-protobuf";

export function encodeBody(bytes: Buffer, contentType: string): EncodedBody {
  return { latin1: bytes.toString("latin1"), contentType, etag: etagOf(bytes), compressed: null };
}

export function encodeText(text: string, contentType: string): EncodedBody {
  // As many bytes as characters: all of them are ASCII, and the text stands for its own bytes.
  if (Buffer.byteLength(text) === text.length)
    return { latin1: text, contentType, etag: etagOf(text), compressed: null };
  return encodeBody(Buffer.from(text), contentType);
}

export function encodeJson(body: object): EncodedBody {
  return encodeText(JSON.stringify(body), jsonType);
}

function etagOf(content: Buffer | string): string {
  return `W/"${hash("sha1", content, "base64url")}"`;
}
