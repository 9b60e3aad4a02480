import Negotiator from "negotiator";

export type Format = "json" | "protobuf";
export type Encoding = "br" | "gzip" | "identity";

/** What Protocol Buffers are called: the usual name first, then the registered one. */
export const protobufTypes = ["application/x-protobuf", "application/protobuf"] as const;
const offered = ["application/json", ...protobufTypes];

/** JSON unless Protocol Buffers are preferred. Who accepts neither gets JSON, as HTTP allows (RFC 9110, 12.4.1). */
export function formatOf(accept: string | undefined): Format {
  if (accept === undefined || accept === "*/*" || accept === "application/json") return "json";
  if (accept === "application/x-protobuf" || accept === "application/protobuf") return "protobuf";
  const best = new Negotiator({ headers: { accept: accept.slice(0, 1000) } }).mediaType(offered);
  return best === undefined || best === "application/json" ? "json" : "protobuf";
}

/** Brotli where it is welcome, else gzip. */
export function encodingOf(acceptEncoding: string | undefined): Encoding {
  if (acceptEncoding === undefined || acceptEncoding === "identity") return "identity";
  const welcome = new Negotiator({ headers: { "accept-encoding": acceptEncoding.slice(0, 1000) } }).encodings([
    "br",
    "gzip",
    "identity",
  ]);
  return welcome.includes("br") ? "br" : welcome.includes("gzip") ? "gzip" : "identity";
}

/** Whether a conditional request names this entity tag (RFC 9110, 13.1.2: compared weakly). */
export function matches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === "*") return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.length < 2000 && ifNoneMatch.split(",").some((tag) => opaque(tag) === opaque(etag));
}
