import { z } from "zod";
import { errorRegistry } from "../../core/contract/errors.ts";
import type { ErrorCode } from "../../core/contract/errors.ts";
import { protobufTypes } from "./negotiate.ts";
import { problemSchema } from "./problem.ts";
import type { Route } from "./route.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of these routes, made from the very schemas that validate them. */
export function openApiDocument(routes: readonly Route[], software: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  const definitions: Json = {};
  const shared = shareDefinitions(paths, definitions);
  return {
    openapi: "3.1.0",
    info: {
      title: "Reelbench",
      version: software,
      description: "Recommendations from the published model. Every answer names the version that made it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths: shared,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, "output"), ...definitions },
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "`Authorization: Bearer …`: an API key (`rb_…`) or the access token of an account (JWT).",
        },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
    },
  };
}

/**
 * A schema with a name of its own comes as a reference into definitions that stand beside it. In a whole document such a
 * reference leads nowhere: definitions are moved to `components/schemas`, where all references then point.
 */
function shareDefinitions(value: unknown, definitions: Json): unknown {
  if (Array.isArray(value)) return value.map((inner) => shareDefinitions(inner, definitions));
  if (value === null || typeof value !== "object") return value;
  const { $defs = {}, ...rest } = value as { $defs?: Json } & Json;
  for (const [name, definition] of Object.entries($defs)) {
    const { id: _id, ...plain } = definition as Json;
    definitions[name] = shareDefinitions(plain, definitions);
  }
  return Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [
      key,
      key === "$ref" && typeof inner === "string"
        ? inner.replace(/^#\/\$defs\//, "#/components/schemas/")
        : shareDefinitions(inner, definitions),
    ]),
  );
}

function operation(route: Route): Json {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: route.permission === null ? [] : [{ bearer: [] }, { apiKey: [] }],
    ...(route.permission === null ? {} : { "x-permission": route.permission }),
    parameters: [...parameters("path", route.params), ...parameters("query", route.query), ...headerParameters(route)],
    ...(route.hasBody
      ? {
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: jsonSchema(route.body, "input") },
              ...binaryContent(route.binary?.request),
            },
          },
        }
      : {}),
    responses: responses(route),
  };
}

function parameters(place: "path" | "query", schema: z.ZodType): Json[] {
  // `output`: a query's text is converted first, and what it is converted to is what a reader wants to know.
  const { properties = {} } = jsonSchema(schema, "output") as { properties?: Record<string, Json> };
  // Not the converted schema's own list: what has a default may be left out.
  const mayBeLeftOut = (name: string) =>
    schema.safeParse({ [name]: undefined }).error?.issues.every(({ path }) => path[0] !== name) ?? true;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || !mayBeLeftOut(name),
    schema: property,
    ...(property["type"] === "array" ? { style: "form", explode: true } : {}),
  }));
}

function headerParameters(route: Route): Json[] {
  return Object.entries(route.headers ?? {}).map(([name, header]) => ({
    name,
    in: "header",
    required: false,
    description: header.description,
    schema: jsonSchema(header.schema, "input"),
  }));
}

function responses(route: Route): Json {
  const success = Object.entries(route.responses).map(([status, response]) => [
    status,
    {
      description: response.description,
      ...(status === "204"
        ? {}
        : response.schema === null
          ? { content: { [response.contentType ?? "text/plain"]: { schema: { type: "string" } } } }
          : {
              content: {
                [response.contentType ?? "application/json"]: { schema: jsonSchema(response.schema, "output") },
                ...(status === "200" ? binaryContent(route.binary?.reply) : {}),
              },
            }),
    },
  ]);
  const unchanged =
    route.freshness === "revalidate"
      ? [["304", { description: "What `If-None-Match` names is what would be sent." }] as const]
      : [];
  return Object.fromEntries([...success, ...unchanged, ...problems(route)]) as Json;
}

/** The schema of a message cannot be said in JSON Schema: its name leads to the .proto files. */
function binaryContent(message: string | undefined): Json {
  if (message === undefined) return {};
  const schema = { type: "string", format: "binary", description: `The message ${message} (server/protocol).` };
  return { [protobufTypes[0]]: { schema, "x-message": message } };
}

function problems(route: Route): (readonly [string, Json])[] {
  const codes = new Set<ErrorCode>([...route.errors, "RB_INVALID_INPUT", "RB_INTERNAL"]);
  if (route.permission !== null)
    for (const code of ["RB_UNAUTHENTICATED", "RB_FORBIDDEN", "RB_RATE_LIMITED", "RB_UNAVAILABLE"] as const)
      codes.add(code);
  const { properties = {} } = jsonSchema(route.query, "output") as { properties?: Json };
  if (Object.keys(properties).length > 0) codes.add("RB_HEAD_TOO_LARGE");
  if (route.hasBody) for (const code of ["RB_PAYLOAD_TOO_LARGE", "RB_UNSUPPORTED_MEDIA_TYPE"] as const) codes.add(code);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorRegistry[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].map(([status, ofStatus]) => [
    String(status),
    {
      description: ofStatus.map((code) => `${code}: ${errorRegistry[code].title}`).join(". "),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, id: _id, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json;
  return io === "input" ? withInputNames(rest, schema) : rest;
}

/** What may be left out when it is sent is there when it is answered: the same name cannot stand for both. */
function withInputNames(input: Json, schema: z.ZodType): Json {
  const { $defs: sent = {} } = input as { $defs?: Json };
  const { $defs: answered = {} } = jsonSchema(schema, "output") as { $defs?: Json };
  const different = Object.keys(sent).filter((name) => JSON.stringify(sent[name]) !== JSON.stringify(answered[name]));
  if (different.length === 0) return input;
  const named = (name: string) => (different.includes(name) ? `${name}Input` : name);
  const pointed = JSON.parse(JSON.stringify(input), (key, value: unknown) =>
    key === "$ref" && typeof value === "string"
      ? value.replace(/^#\/\$defs\/(.+)$/, (_whole, name: string) => `#/$defs/${named(name)}`)
      : value,
  ) as { $defs: Json } & Json;
  return {
    ...pointed,
    $defs: Object.fromEntries(Object.entries(pointed.$defs).map(([name, definition]) => [named(name), definition])),
  };
}
