import { useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useQueryMethod } from "../../transport/hooks.ts";
import { keepLastView } from "./view-address.ts";

/** Keeps what is shown, for the next visit to this workspace. */
export function useLastView(): void {
  const workspaceId = useQueryMethod("workspace.get", {}).data?.id;
  const href = useRouterState({ select: ({ location }) => location.href });
  useEffect(() => {
    if (workspaceId !== undefined) keepLastView(workspaceId, href);
  }, [workspaceId, href]);
}
