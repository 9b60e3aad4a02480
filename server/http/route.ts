import type { IncomingHttpHeaders } from "node:http";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { ErrorCode } from "../../core/contract/errors.ts";
import type { Permission } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";
import type { Format } from "./negotiate.ts";
import { encodeBody, encodeJson, protobufType } from "./encoded-body.ts";
import type { EncodedBody } from "./encoded-body.ts";

/** What a request brings, read but not believed. */
export interface RawRequest {
  readonly params: unknown;
  /** The query as it stands in the address, without its question mark. */
  readonly search: string;
  readonly query: () => unknown;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  /** What the answer is to be written in. */
  readonly format: Format;
  readonly requestId: string;
  /** Null on open routes. */
  readonly principal: Principal | null;
  /** `performance.now()` by which the answer must be there. */
  readonly deadline: number;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent in the format asked for, unless it is a text of another type or encoded already; null sends nothing (204). */
  readonly body: object | { readonly text: string; readonly contentType: string } | EncodedBody | null;
}

/** Whether an answer may be kept by whoever asked, to be asked about again with its entity tag. */
export type Freshness = "no-store" | "revalidate";

/** A route's bodies as Protocol Buffers. */
export interface BinaryForm {
  /** Names of the messages, for the documentation. */
  readonly reply: string;
  readonly request?: string;
  readonly write: (body: object) => Uint8Array<ArrayBuffer>;
  /** To what the route's schema then checks. Throws RB_INVALID_INPUT for what is no such message. */
  readonly read?: (bytes: Uint8Array) => unknown;
}

interface RouteDocumentation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** OpenAPI's form: `/v1/items/{itemId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `null`: open. `"any"`: whoever is known. */
  readonly permission: Permission | "any" | null;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: z.ZodType }>>;
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema: z.ZodType | null; readonly contentType?: string }>
  >;
  readonly errors: readonly ErrorCode[];
  /** Absent: JSON only. */
  readonly binary?: BinaryForm;
}

interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> extends RouteDocumentation {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Answers carry an entity tag, and who has the one that would be sent gets 304. Left out: nobody keeps an answer. */
  readonly freshness?: Freshness;
  readonly handle: (
    input: { params: z.output<P>; query: z.output<Q>; body: z.output<B> },
    request: RawRequest,
  ) => Promise<Reply> | Reply;
}

export interface Route extends RouteDocumentation {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly hasBody: boolean;
  readonly freshness: Freshness;
  /**
   * Reads what a request brings and tells how such a request is answered: the same address, the same way, but for a body. Throws
   * RB_INVALID_INPUT.
   */
  readonly read: (request: RawRequest) => Answering;
}

export type Answering = (request: RawRequest) => Promise<Reply> | Reply;

export const nothing = z.strictObject({});
export const noBody = z.undefined();

export function encodeAs(format: Format, body: object, binary: BinaryForm): EncodedBody {
  if (format === "json") return encodeJson(body);
  const bytes = binary.write(body);
  return encodeBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), protobufType);
}

/** The same few queries come again and again; what one means is worked out once. */
const rememberedQueries = 1000;
const longestRemembered = 200;

/** One route: what it takes, what it gives, who may, and how. The same schemas validate and become the OpenAPI document. */
export function defineRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  route: RouteDefinition<P, Q, B>,
): Route {
  const hasBody = (route.body as z.ZodType) !== noBody;
  const queries = new LRUCache<string, z.ZodSafeParseSuccess<z.output<Q>>>({ max: rememberedQueries });

  function readQuery(request: RawRequest): z.ZodSafeParseResult<z.output<Q>> {
    const known = queries.get(request.search);
    if (known !== undefined) return known;
    const query = route.query.safeParse(request.query());
    if (query.success && request.search.length <= longestRemembered) queries.set(request.search, query);
    return query;
  }

  function inFormat(reply: Reply, { format }: RawRequest): Reply {
    if (format === "json" || route.binary === undefined || reply.body === null || "latin1" in reply.body) return reply;
    return { ...reply, body: encodeAs(format, reply.body, route.binary) };
  }

  return {
    ...route,
    hasBody,
    freshness: route.freshness ?? "no-store",
    read: (request) => {
      const params = route.params.safeParse(request.params);
      const query = readQuery(request);
      const body = route.body.safeParse(hasBody ? request.body : undefined);
      if (params.success && query.success && body.success) {
        const input = { params: params.data, query: query.data, body: body.data };
        return (asked) => {
          const reply = route.handle(input, asked);
          return reply instanceof Promise ? reply.then((later) => inFormat(later, asked)) : inFormat(reply, asked);
        };
      }
      throw invalidInput([
        ...fieldErrors("path", params.error),
        ...fieldErrors("query", query.error),
        ...fieldErrors("body", body.error),
      ]);
    },
  };
}

export interface FieldError {
  readonly in: string;
  readonly path: string;
  readonly message: string;
}

export function invalidInput(errors: readonly FieldError[]): ReelbenchError {
  const named = errors
    .slice(0, 5)
    .map((error) => `${error.in}${error.path === "" ? "" : ` ${error.path}`}: ${error.message}`);
  const more = errors.length > named.length ? ` (and ${errors.length - named.length} more)` : "";
  return new ReelbenchError("RB_INVALID_INPUT", named.join("; ") + more, { details: { errors: errors.slice(0, 50) } });
}

function fieldErrors(where: string, error: z.ZodError | undefined): FieldError[] {
  return (error?.issues ?? []).map((issue) => ({
    in: where,
    path: issue.path.map(String).join(".").slice(0, 200),
    message: issue.message.slice(0, 300),
  }));
}
