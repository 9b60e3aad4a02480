import { hash } from "node:crypto";

/**
 * A body as it goes over the wire. Kept with what it was made from, it answers again without being made again; its
 * compressed forms are made when somebody first asks for them.
 */
export interface EncodedBody {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly etag: string;
  /** The bytes as Latin-1, made when they are first sent. */
  text: string | null;
  compressed: { br?: Promise<Buffer>; gzip?: Promise<Buffer> } | null;
}

export const jsonType = "application/json; charset=utf-8";
export const protobufType = "application/x-protobuf";

export function encodeBody(bytes: Buffer, contentType: string): EncodedBody {
  return { bytes, contentType, etag: `W/"${hash("sha1", bytes, "base64url")}"`, text: null, compressed: null };
}

export function encodeJson(body: object): EncodedBody {
  return encodeBody(Buffer.from(JSON.stringify(body)), jsonType);
}
