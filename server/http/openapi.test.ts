import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { routesOf } from "./app.ts";
import type { ServerContext } from "./context.ts";
import { openApiDocument } from "./openapi.ts";

// Only describing them: no route is asked, so none needs what it works with.
const routes = routesOf({} as ServerContext);
const document = openApiDocument(routes, "test");

test("every reference in the OpenAPI document leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = ""]) => target);
  expect(references).toContain("#/components/schemas/Recommendations");
  const lost = references.filter((target) => {
    const found = target
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document);
    return found === undefined;
  });
  expect(lost).toEqual([]);
  expect(JSON.stringify(document)).not.toContain("$defs");
});

test("a body that may leave out what has a default says so, though answers always hold it", () => {
  const { schemas } = document["components"] as { schemas: Record<string, { required?: string[] }> };
  expect(schemas["PreferencesInput"]?.required ?? []).toEqual([]);
  expect(schemas["Preferences"]?.required).toContain("yearTo");
  expect(JSON.stringify(schemas["ProfileChange"])).toContain("#/components/schemas/PreferencesInput");
});

test("a query's parameter is required where nothing stands for it", () => {
  const paths = document["paths"] as Record<string, { get: { parameters: { name: string; required: boolean }[] } }>;
  const required = (path: string) =>
    paths[path]?.get.parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  expect(required("/v1/users/{userId}/predictions")).toEqual(["userId", "item"]);
  expect(required("/v1/users/{userId}/recommendations")).toEqual(["userId"]);
});

test("the reference page names every route with what it needs, and no other", () => {
  const page = readFileSync(new URL("../../docs/reference/http-api.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `(GET|POST|PUT|PATCH|DELETE) ([^`]+)` +\| +([a-z:]+) /gm)].map(
    ([, method, path, permission]) => `${method} ${path} ${permission}`,
  );
  const existing = routes.map(
    ({ method, path, permission }) => `${method.toUpperCase()} ${path} ${permission ?? "open"}`,
  );
  expect(documented.toSorted()).toEqual([...existing, "GET /docs open", "GET /openapi.json open"].toSorted());
});
