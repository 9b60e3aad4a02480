import { createHash } from "node:crypto";

type Json = Readonly<Record<string, unknown>>;

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
code, pre { font: 0.9em/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; background: var(--soft); padding: 0.75rem; border-radius: 6px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0; padding: 0 0.75rem; }
summary { padding: 0.5rem 0; cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid var(--line); }
nav a { margin-right: 1rem; }
`;

/** Nothing is loaded, nothing runs: the page is text, and its one style is named by its hash. */
export const docsPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(";");

/** An OpenAPI document as a page to read, whole in itself: no script, no font, no other server. */
export function docsPage(document: Json): string {
  const { info, paths, components } = document as {
    info: { title: string; version: string; description: string };
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Json> };
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
  const tags = [...new Set(operations.flatMap((each) => each.tags))];
  const anchor = (text: string) => text.toLowerCase().replaceAll(/\W+/g, "-");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} HTTP API</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(info.title)} HTTP API</h1>
<p>${escape(info.description)} ${escape(info.version)}. The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
<nav>${tags.map((tag) => `<a href="#${anchor(tag)}">${escape(tag)}</a>`).join(" ")} <a href="#schemas">Schemas</a></nav>
${tags
  .map(
    (tag) =>
      `<h2 id="${anchor(tag)}">${escape(tag)}</h2>\n${operations
        .filter((each) => each.tags.includes(tag))
        .map(operationHtml)
        .join("\n")}`,
  )
  .join("\n")}
<h2 id="schemas">Schemas</h2>
${Object.entries(components.schemas)
  .map(
    ([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${schemaHtml(schema)}</details>`,
  )
  .join("\n")}
</body>
</html>
`;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-permission"?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Json;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Json }>> }
    >
  >;
}

function operationHtml(operation: Operation & { readonly path: string; readonly method: string }): string {
  const { method, path, operationId, summary, description = "", parameters, requestBody, responses } = operation;
  const needs = operation["x-permission"];
  const rows = parameters.map((each) => {
    const { description: within = "", ...shape } = each.schema;
    return `<tr><td><code>${escape(each.name)}</code>${each.required ? "*" : ""}</td><td>${escape(each.in)}</td><td>${escape(
      each.description ?? String(within),
    )} <code>${escape(JSON.stringify(shape))}</code></td></tr>`;
  });
  return `<details id="${escape(operationId)}"><summary><b>${method}</b> <code>${escape(path)}</code> ${escape(summary)}</summary>
<p>${needs === undefined ? "Open to everybody." : `Needs <code>${escape(needs)}</code>.`} ${escape(description)}</p>
${rows.length === 0 ? "" : `<table><tr><th>parameter</th><th>in</th><th></th></tr>${rows.join("")}</table>`}
${requestBody === undefined ? "" : `<h4>Body</h4>${contentHtml(requestBody.content)}`}
<h4>Answers</h4>
<table>${Object.entries(responses)
    .map(
      ([status, each]) =>
        `<tr><td>${escape(status)}</td><td>${escape(each.description)}${each.content === undefined ? "" : contentHtml(each.content)}</td></tr>`,
    )
    .join("")}</table>
</details>`;
}

function contentHtml(content: Readonly<Record<string, { readonly schema: Json }>>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><code>${escape(type)}</code></p>${schemaHtml(schema)}`)
    .join("");
}

function schemaHtml(schema: Json): string {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const name = escape(reference.split("/").at(-1) ?? "");
    return `<p><a href="#schema-${name}"><code>${name}</code></a></p>`;
  }
  return `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
