const longest = 2048;
const mailFields = new Set(["subject", "body"]);

/**
 * The URL to hand to the system's browser or mail program, normalised; null when it must not leave the app. Only `https:`
 * without credentials, and `mailto:` whose fields cannot attach files: the system opens anything else with whatever
 * program claims the scheme.
 */
export function externalUrl(candidate: string): string | null {
  if (candidate.length > longest) return null;
  // A parser drops tabs and line ends silently; a person was shown something else then.
  if (/[\p{Cc}\\]/u.test(candidate)) return null;
  let url: URL;
  try {
    url = new URL(candidate);
  } catch {
    return null;
  }
  if (url.username !== "" || url.password !== "") return null;
  if (url.protocol === "https:") return url.hostname === "" ? null : url.href;
  if (url.protocol === "mailto:") {
    const fields = [...url.searchParams.keys()].map((field) => field.toLowerCase());
    return url.pathname.includes("@") && fields.every((field) => mailFields.has(field)) ? url.href : null;
  }
  return null;
}
