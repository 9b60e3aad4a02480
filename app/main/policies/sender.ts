import { isAppUrl } from "../app-origin.ts";

export interface SenderFrame {
  readonly url: string;
  /** Null for the page itself, the parent for a frame inside it. */
  readonly parent: unknown;
}

/** Whether a message to the main process comes from the page of one of our windows. A frame that is gone is nobody. */
export function isTrustedSender(frame: SenderFrame | null | undefined): boolean {
  return frame !== null && frame !== undefined && frame.parent === null && isAppUrl(frame.url);
}
