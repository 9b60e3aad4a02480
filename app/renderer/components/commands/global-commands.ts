import { useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { desktopBridge } from "../../transport/electron.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { tellDone, tellFailure } from "../feedback/tell.ts";
import { currentView, linkToView } from "../workspaces/view-address.ts";
import { rooms } from "../shell/rooms.ts";
import type { Command } from "./command.ts";
import { palette } from "./command-palette.tsx";
import { useCommands } from "./commands-context.tsx";

/** Commands that are there on every screen. */
export function useGlobalCommands(): void {
  const navigate = useNavigate();
  const { setColorScheme, toggleColorScheme } = useMantineColorScheme();
  const workspaceId = useQueryMethod("workspace.get", {}).data?.id ?? null;
  const bridge = desktopBridge();
  const goTo = rooms.map(({ id, label, to, letter, digit }): Command => ({
    id: `go.${id}`,
    label: `Go to ${label}`,
    group: "Go",
    shortcuts: [`g ${letter}`, `mod+${String(digit)}`],
    run: () => void navigate({ to }),
  }));
  useCommands([
    { id: "palette.open", label: "Show all commands", group: "View", shortcuts: ["mod+k"], run: palette.open },
    ...goTo,
    {
      id: "data.import",
      label: "Import ratings…",
      group: "Data",
      shortcuts: ["mod+i"],
      keywords: ["csv", "file", "movielens"],
      run: () => void navigate({ to: "/data/import" }),
    },
    {
      id: "data.new-snapshot",
      label: "New snapshot…",
      group: "Data",
      keywords: ["recipe", "clean"],
      run: () => void navigate({ to: "/data/new-snapshot" }),
    },
    {
      id: "recommendations.map",
      label: "Map of films",
      group: "Go",
      keywords: ["embedding", "factors", "pca", "umap", "similar", "lasso"],
      run: () => void navigate({ to: "/recommendations/map" }),
    },
    {
      id: "help.shortcuts",
      label: "Keyboard shortcuts",
      group: "Help",
      shortcuts: ["?"],
      run: () => void navigate({ to: "/settings", search: { section: "keyboard" } }),
    },
    {
      id: "help.metrics",
      label: "Metrics and what they mean",
      group: "Help",
      keywords: ["formula", "reference", "trap", "ndcg", "recall", "glossary"],
      run: () => void navigate({ to: "/help" }),
    },
    {
      id: "help.report",
      label: "Report a fault…",
      group: "Help",
      keywords: ["diagnostics", "bundle", "zip", "bug"],
      run: () => void navigate({ to: "/settings", search: { section: "logs" } }),
    },
    {
      id: "view.copy-link",
      label: "Copy link to this view",
      group: "View",
      shortcuts: ["mod+shift+u"],
      keywords: ["share", "url", "address"],
      run: () => void copyLink(workspaceId),
    },
    ...(bridge === null
      ? []
      : [
          {
            id: "window.new",
            label: "New window",
            group: "View",
            shortcuts: ["mod+shift+n"],
            run: () => bridge.newWindow(currentView()),
          },
        ]),
    { id: "theme.light", label: "Light theme", group: "View", run: () => setColorScheme("light") },
    { id: "theme.dark", label: "Dark theme", group: "View", run: () => setColorScheme("dark") },
    { id: "theme.auto", label: "Theme of the system", group: "View", run: () => setColorScheme("auto") },
    {
      id: "theme.toggle",
      label: "Switch between light and dark",
      group: "View",
      shortcuts: ["mod+shift+l"],
      run: toggleColorScheme,
    },
    { id: "view.back", label: "Back", group: "Go", keywords: ["previous"], run: () => window.history.back() },
  ]);
}

async function copyLink(workspaceId: string | null): Promise<void> {
  try {
    await navigator.clipboard.writeText(linkToView(workspaceId));
    tellDone(
      "The link to this view is copied. It opens it with the same filters, here and for whoever has this workspace.",
    );
  } catch (error) {
    tellFailure("The link could not be copied", error);
  }
}
