/** What our own documents are made of: enough to show them, and to take their tables apart. Not any Markdown. */
export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "table"; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] };

export function blocksOf(markdown: string): readonly Block[] {
  return markdown
    .split(/\n\s*\n/)
    .flatMap((chunk) => headingApart(chunk.trim()))
    .filter((chunk) => chunk !== "")
    .map(blockOf);
}

/** A heading may stand right above its text. */
function headingApart(chunk: string): readonly string[] {
  const [first = "", ...rest] = chunk.split("\n");
  return first.startsWith("#") ? [first, rest.join("\n").trim()] : [chunk];
}

function blockOf(chunk: string): Block {
  const heading = /^(#+) (.*)$/.exec(chunk);
  if (heading !== null) return { kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" };
  const lines = chunk.split("\n");
  if (lines[0]?.startsWith("|") === true) {
    const [header = [], , ...rows] = lines.map(cellsOf);
    return { kind: "table", header, rows };
  }
  if (lines[0]?.startsWith("- ") === true) return { kind: "list", items: itemsOf(lines) };
  return { kind: "paragraph", text: lines.map((line) => line.trim()).join(" ") };
}

function cellsOf(line: string): readonly string[] {
  const cells = line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** Lines that are indented belong to the item above them. */
function itemsOf(lines: readonly string[]): readonly string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (line.startsWith("- ")) items.push(line.slice(2).trim());
    else items.push(`${items.pop() ?? ""} ${line.trim()}`.trim());
  }
  return items;
}

export interface Piece {
  readonly kind: "text" | "code" | "strong";
  readonly text: string;
}

/** `code`, **strong** and the rest. */
export function piecesOf(text: string): readonly Piece[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).flatMap((part): Piece[] => {
    if (part === "") return [];
    if (part.startsWith("`")) return [{ kind: "code", text: part.slice(1, -1) }];
    if (part.startsWith("**")) return [{ kind: "strong", text: part.slice(2, -2) }];
    return [{ kind: "text", text: part }];
  });
}
