import type { IncomingHttpHeaders } from "node:http";
import { ReelbenchError } from "../../core/contract/errors.ts";

/** The key of a request: `Authorization: Bearer KEY` or `X-API-Key: KEY`. Throws RB_UNAUTHENTICATED where there is none. */
export function credentialOf(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  const bearer = authorization === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,2000})$/i.exec(authorization)?.[1];
  const named = headers["x-api-key"];
  if (authorization !== undefined && bearer === undefined) {
    throw new ReelbenchError("RB_UNAUTHENTICATED", "The Authorization header is not `Bearer KEY`.");
  }
  if (bearer !== undefined && named !== undefined && bearer !== named) {
    throw new ReelbenchError("RB_UNAUTHENTICATED", "The request carries two different keys.");
  }
  const key = bearer ?? named;
  if (typeof key !== "string" || key === "" || key.length > 2000)
    throw new ReelbenchError("RB_UNAUTHENTICATED", "The request carries no key.");
  return key;
}
