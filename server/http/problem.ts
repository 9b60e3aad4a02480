import { STATUS_CODES } from "node:http";
import { ReelbenchError, toReelbenchError } from "../../core/contract/errors.ts";
import { z } from "zod";

/** RFC 9457, with our registry's code and remedy as extension members. */
export const problemSchema = z.object({
  type: z.string().meta({ description: "Names the class of problem; the registry's code is its last part." }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  remedy: z.string(),
  instance: z.string().meta({ description: "This occurrence; quote it when you report the problem." }),
  errors: z
    .array(z.object({ in: z.string(), path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: "The fields that were refused." }),
});
export type Problem = z.infer<typeof problemSchema>;

export const problemContentType = "application/problem+json; charset=utf-8";

const fieldErrors = z.array(z.object({ in: z.string(), path: z.string(), message: z.string() }));

/**
 * What a client is told about a failure. For defects (500) nothing of the cause: only a title and the request's id, by
 * which the log has the rest.
 */
export function toProblem(error: ReelbenchError, requestId: string): Problem {
  const { title, status } = error.definition;
  const errors = fieldErrors.safeParse(error.details?.["errors"]);
  return {
    type: `urn:reelbench:error:${error.code}`,
    title,
    status,
    detail: status === 500 ? title : error.message,
    code: error.code,
    remedy: error.remedy,
    instance: `urn:reelbench:request:${requestId}`,
    ...(errors.success ? { errors: errors.data } : {}),
  };
}

/** Seconds for Retry-After, where the error says or its status asks for it. */
export function retryAfter(error: ReelbenchError): number | undefined {
  const given = error.details?.["retryAfter"];
  if (typeof given === "number") return Math.max(1, Math.ceil(given));
  return error.definition.status === 503 || error.definition.status === 429 ? 1 : undefined;
}

/** Anything thrown while a request was read or answered, body-parser's and Express's own errors included. */
export function fromThrown(thrown: unknown): ReelbenchError {
  const http = httpErrorSchema.safeParse(thrown);
  if (thrown instanceof ReelbenchError || !http.success) return toReelbenchError(thrown);
  const { status, type } = http.data;
  const cause = { cause: thrown };
  if (status === 413) return new ReelbenchError("RB_PAYLOAD_TOO_LARGE", undefined, cause);
  if (status === 415) return new ReelbenchError("RB_UNSUPPORTED_MEDIA_TYPE", undefined, cause);
  if (status >= 400 && status < 500)
    return new ReelbenchError("RB_INVALID_INPUT", clientMistakes[type ?? ""] ?? STATUS_CODES[status], cause);
  return toReelbenchError(thrown);
}

const httpErrorSchema = z.object({ status: z.int(), type: z.string().optional() });

const clientMistakes: Readonly<Record<string, string>> = {
  "entity.parse.failed": "The body is not valid JSON.",
  "entity.verify.failed": "The body is not valid UTF-8.",
  "request.aborted": "The request ended before its body was whole.",
  "request.size.invalid": "The body does not have the length its Content-Length promises.",
};
