import { randomUUID } from "node:crypto";
import type { Principal } from "../auth/principal.ts";

/** One request and its answer, as they are counted, logged and traced. */
export interface Exchange {
  readonly requestId: string;
  /** `performance.now()` */
  readonly started: number;
  /** `performance.now()` by which the answer must be there. */
  readonly deadline: number;
  /** The route's pattern, for metrics and log; never the path with its ids. */
  route: string;
  principal: Principal | null;
}

export function newRequestId(): string {
  return randomUUID();
}
