/**
 * Takes out of a text what a person would not want to send to a stranger: passwords and keys, addresses of machines, and
 * where things lie on the disk. The same thing gets the same stand-in throughout one `redactor`, so that a log still
 * tells whether two lines are about one file.
 */
export interface Redactor {
  redact(text: string): string;
}

const secretName = "password|passwd|pwd|secret|token|api[-_]?key|authorization|cookie|credentials?|private[-_]?key";

export function redactor(): Redactor {
  const names = new Map<string, string>();
  const standIn = (kind: string, original: string) => {
    const key = `${kind}\0${original}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const count = [...names.keys()].filter((name) => name.startsWith(`${kind}\0`)).length + 1;
    const made = `‹${kind} ${String(count)}›`;
    names.set(key, made);
    return made;
  };
  const path = (original: string) => {
    const end = /[/\\]([^/\\]*)$/.exec(original)?.[1] ?? "";
    // Our own code, in a stack: which file it is says what happened, and nothing about the person.
    if (/\.(js|cjs|mjs|ts|node)$/.test(end)) return `‹program›/${end}`;
    return `${standIn("path", original)}${/\.[a-z0-9]{1,8}$/i.exec(end)?.[0] ?? ""}`;
  };
  return {
    redact: (text) =>
      text
        .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, "$1 ‹secret›")
        // postgres://user:password@host:5432/database, and what follows it.
        .replaceAll(/\b([a-z][a-z0-9+.-]*):\/\/[^\s"'<>)\\]+/gi, (url, scheme: string) =>
          /^(app|node|data)$/i.test(scheme) ? url : `${scheme}://${standIn("address", url)}`,
        )
        .replaceAll(
          new RegExp(
            `(\\\\?["']?)\\b([\\w-]*(?:${secretName})[\\w-]*)\\1(\\s*[:=]\\s*)(?:\\\\?"(?:[^"\\\\]|\\\\[^"])*\\\\?"|[^\\s,;}]+)`,
            "gi",
          ),
          (_all, quote: string, name: string, between: string) =>
            `${quote}${name}${quote}${between}${quote}‹secret›${quote}`,
        )
        .replaceAll(/\brb_[\w-]{8,}/g, "‹secret›")
        .replaceAll(/\b[\w.%+-]+@[\w-]+(\.[\w-]+)+\b/g, (mail) => standIn("mail", mail))
        .replaceAll(/(?<![\w.])(?!127\.0\.0\.1\b|0\.0\.0\.0\b)(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\d)/g, (ip) =>
          standIn("machine", ip),
        )
        .replaceAll(
          /(?<![\w\\])(?:[A-Za-z]:|\\\\[\w.-]+|\\\\\\\\[\w.-]+)(?:\\{1,2}[^\s\\/:*?"<>|,;()]+(?: [^\s\\/:*?"<>|,;()]+)*)+/g,
          path,
        )
        .replaceAll(/(?<![\w/›.])\/(?:[^\s/"'<>|:,;()]+\/)+[^\s/"'<>|:,;()]*/g, path),
  };
}
