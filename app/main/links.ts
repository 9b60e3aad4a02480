import { linkScheme, parseViewLink } from "../../core/contract/view-link.ts";
import type { KnownWorkspaces } from "./workspaces/known-workspaces.ts";

/** The link that the system has put on our command line, if any. */
export function linkAmong(argv: readonly string[]): string | null {
  return argv.find((word) => word.toLowerCase().startsWith(`${linkScheme}:`)) ?? null;
}

export type LinkDecision =
  | { readonly kind: "show"; readonly view: string }
  /** Only after the person has said so: what runs here would stop. */
  | { readonly kind: "ask"; readonly path: string; readonly view: string }
  | { readonly kind: "refuse"; readonly title: string; readonly detail: string };

/** What becomes of a link from outside. It can show a known view, ask for a workspace that was open here before, and nothing else. */
export function decideLink(
  link: string,
  current: string | null,
  known: Pick<KnownWorkspaces, "pathOf" | "idOf">,
): LinkDecision {
  const asked = parseViewLink(link);
  if (asked === null) {
    return {
      kind: "refuse",
      title: "This link cannot be opened",
      detail: "It is not a link to a view of Reelbench, or was made by another version.",
    };
  }
  const { workspaceId, view } = asked;
  if (workspaceId === null || (current !== null && known.idOf(current) === workspaceId)) return { kind: "show", view };
  const path = known.pathOf(workspaceId);
  if (path === null) {
    return {
      kind: "refuse",
      title: "The workspace of this link is not known here",
      detail: "Open its folder once (File → Open workspace…), then follow the link again.",
    };
  }
  return { kind: "ask", path, view };
}
