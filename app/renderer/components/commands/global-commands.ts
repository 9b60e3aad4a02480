import { useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { rooms } from "../shell/rooms.ts";
import type { Command } from "./command.ts";
import { palette } from "./command-palette.tsx";
import { useCommands } from "./commands-context.tsx";

/** Commands that are there on every screen. */
export function useGlobalCommands(): void {
  const navigate = useNavigate();
  const { setColorScheme, toggleColorScheme } = useMantineColorScheme();
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
      id: "help.shortcuts",
      label: "Keyboard shortcuts",
      group: "Help",
      shortcuts: ["?"],
      run: () => void navigate({ to: "/settings", hash: "keyboard" }),
    },
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
