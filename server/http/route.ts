import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { ErrorCode } from "../../core/contract/errors.ts";
import type { Permission } from "../auth/permissions.ts";
import type { Principal } from "../auth/principal.ts";

/** What a request brings, read but not believed. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** Null on open routes. */
  readonly principal: Principal | null;
  /** `performance.now()` by which the answer must be there. */
  readonly deadline: number;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, unless it is a text of another type; null sends nothing (204). */
  readonly body: object | { readonly text: string; readonly contentType: string } | null;
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
}

interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> extends RouteDocumentation {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
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
  readonly answer: (request: RawRequest) => Promise<Reply>;
}

export const nothing = z.strictObject({});
export const noBody = z.undefined();

/** One route: what it takes, what it gives, who may, and how. The same schemas validate and become the OpenAPI document. */
export function defineRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  route: RouteDefinition<P, Q, B>,
): Route {
  const hasBody = (route.body as z.ZodType) !== noBody;
  return {
    ...route,
    hasBody,
    answer: async (request) => {
      const params = route.params.safeParse(request.params);
      const query = route.query.safeParse(request.query);
      const body = route.body.safeParse(hasBody ? request.body : undefined);
      if (params.success && query.success && body.success) {
        return route.handle({ params: params.data, query: query.data, body: body.data }, request);
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
