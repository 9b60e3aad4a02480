import { z } from "zod";
import { knownView } from "./views.ts";

/** The desktop's own scheme: the system hands `reelbench://…` to the app. */
export const linkScheme = "reelbench";

export interface ViewLink {
  /** Which workspace, by the id it was given when it was made; null: whichever is open. A folder would not mean the same anywhere else. */
  readonly workspaceId: string | null;
  readonly view: string;
}

const workspaceId = z.uuid();

/** `reelbench://open?workspace=…&view=…` */
export function viewLink({ workspaceId: workspace, view }: ViewLink): string {
  const parts = [...(workspace === null ? [] : [`workspace=${workspace}`]), `view=${encodeURIComponent(view)}`];
  return `${linkScheme}://open?${parts.join("&")}`;
}

/**
 * What a link asks for; null when it is not exactly such a link. Links come from anywhere (mails, pages), so nothing is
 * guessed: one host, no path, no credentials, only these two parameters, each at most once, and a view that is known.
 */
export function parseViewLink(text: string): ViewLink | null {
  const written = new RegExp(`^${linkScheme}://open/?\\?([^#\\s\\\\\\p{Cc}]{1,20000})$`, "u").exec(text)?.[1];
  if (written === undefined) return null;
  const given = new URLSearchParams(written);
  const names = [...given.keys()];
  if (names.length !== new Set(names).size || names.some((name) => name !== "workspace" && name !== "view"))
    return null;
  const workspace = given.get("workspace");
  const parsed = workspaceId.safeParse(workspace);
  if (workspace !== null && !parsed.success) return null;
  const view = knownView(given.get("view") ?? "/");
  return view === null ? null : { workspaceId: parsed.success ? parsed.data : null, view };
}
