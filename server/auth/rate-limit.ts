import rateLimit from "express-rate-limit";
import type { Request, RequestHandler, Response } from "express";
import { ReelbenchError } from "../../core/contract/errors.ts";

export { ipKeyGenerator } from "express-rate-limit";

/** So many requests a minute for each of what `keyOf` names (after authentication: the principal), counted on this replica. */
export function limitRate(
  perMinute: number,
  what: "key" | "address",
  keyOf: (request: Request, response: Response) => string,
): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    identifier: what,
    keyGenerator: keyOf,
    handler: (_request, response, next, options) => {
      const header = Number(response.getHeader("Retry-After"));
      next(
        new ReelbenchError("RB_RATE_LIMITED", `This ${what} may make ${perMinute} requests a minute.`, {
          details: { retryAfter: Number.isFinite(header) && header > 0 ? header : options.windowMs / 1000 },
        }),
      );
    },
  });
}
