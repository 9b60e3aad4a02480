import { docsPage, docsPolicy } from "../docs-page.ts";
import { openApiDocument } from "../openapi.ts";
import { encodeBody, jsonType } from "../encoded-body.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";

/** The routes that describe the others. They stand in no document themselves. */
export function descriptionRoutes(routes: readonly Route[], software: string): Route[] {
  const document = encodeBody(Buffer.from(JSON.stringify(openApiDocument(routes, software))), jsonType);
  const page = docsPage(openApiDocument(routes, software));
  return [
    defineRoute({
      method: "get",
      path: "/docs",
      operationId: "docs",
      tag: "Description",
      summary: "This interface as a page to read",
      permission: null,
      freshness: "revalidate",
      params: nothing,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The page.", schema: null, contentType: "text/html" } },
      errors: [],
      handle: () => ({
        headers: { "Content-Security-Policy": docsPolicy },
        body: { text: page, contentType: "text/html; charset=utf-8" },
      }),
    }),
    defineRoute({
      method: "get",
      path: "/openapi.json",
      operationId: "openApi",
      tag: "Description",
      summary: "This interface as an OpenAPI 3.1 document",
      permission: null,
      freshness: "revalidate",
      params: nothing,
      query: nothing,
      body: noBody,
      responses: { 200: { description: "The document.", schema: null, contentType: "application/json" } },
      errors: [],
      handle: () => ({ body: document }),
    }),
  ];
}
