import { readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { isAppUrl } from "./app-origin.ts";
import { securityHeaders } from "./policies/content-security.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * The file of the bundle that an `app://` address means; null when it means none. Addresses without an extension are
 * places of the interface (`/train`) and mean its one page. Nothing outside the folder can be named.
 */
export function bundleFile(url: string, bundle: string): string | null {
  if (!isAppUrl(url)) return null;
  const written = url.slice("app://reelbench".length).replace(/[?#].*$/s, "");
  let path: string;
  try {
    path = decodeURIComponent(written);
  } catch {
    return null;
  }
  // One decoding only: what still holds an escape, a backslash or a control character was written to be misread.
  if (/[\\%\p{Cc}]/u.test(path)) return null;
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.some((segment) => segment === "." || segment === ".." || segment.includes(":"))) return null;
  const name = segments.at(-1) ?? "";
  const file = extname(name) === "" ? join(bundle, "index.html") : join(bundle, ...segments);
  return file.startsWith(bundle.endsWith(sep) ? bundle : bundle + sep) ? file : null;
}

/** Answers a request of the interface for one of its own files. */
export async function answerAppRequest(
  request: { readonly method: string; readonly url: string },
  bundle: string,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405);
  const file = bundleFile(request.url, bundle);
  const mediaType = file === null ? undefined : mediaTypes[extname(file)];
  if (file === null || mediaType === undefined) return refusal(404);
  try {
    const body = await readFile(file);
    return new Response(request.method === "HEAD" ? null : new Uint8Array(body), {
      headers: { ...securityHeaders, "content-type": mediaType },
    });
  } catch {
    return refusal(404);
  }
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: securityHeaders });
}
