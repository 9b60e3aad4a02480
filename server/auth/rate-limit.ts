import rateLimit from "express-rate-limit";
import type { RequestHandler } from "express";
import { ReelbenchError } from "../../core/contract/errors.ts";

/** So many requests a minute for each key, counted on this replica. `keyOf` is asked after authentication. */
export function limitRate(
  perMinute: number,
  keyOf: (response: { readonly locals: Readonly<Record<string, unknown>> }) => string,
): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    identifier: "key",
    keyGenerator: (_request, response) => keyOf(response),
    handler: (_request, response, next, options) => {
      const header = Number(response.getHeader("Retry-After"));
      next(
        new ReelbenchError("RB_RATE_LIMITED", `This key may make ${perMinute} requests a minute.`, {
          details: { retryAfter: Number.isFinite(header) && header > 0 ? header : options.windowMs / 1000 },
        }),
      );
    },
  });
}
