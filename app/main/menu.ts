import type { MenuItemConstructorOptions } from "electron";

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly appName: string;
  /** Sends a command, by the palette's name, to the interface. */
  readonly command: (id: string) => void;
  /** Opens the workspace's folder in the system's file manager. */
  readonly showWorkspace: () => void;
}

const screens = [
  ["home", "Home"],
  ["data", "Data"],
  ["train", "Train"],
  ["compare", "Compare"],
  ["recommendations", "Recommendations"],
  ["publish", "Publish"],
  ["settings", "Settings"],
] as const;

/** The application's menu. Its own entries are the palette's commands; the interface does them. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const entry = (label: string, id: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    id,
    click: () => options.command(id),
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const apple = options.platform === "darwin";
  return [
    ...(apple ? [{ label: options.appName, role: "appMenu" as const }] : []),
    {
      label: "&File",
      submenu: [
        entry("Import ratings…", "data.import", "CmdOrCtrl+I"),
        entry("New snapshot…", "data.new-snapshot"),
        { type: "separator" },
        { label: apple ? "Show workspace in Finder" : "Show workspace folder", click: options.showWorkspace },
        { type: "separator" },
        { role: apple ? "close" : "quit" },
      ],
    },
    { role: "editMenu" },
    {
      label: "&View",
      submenu: [
        entry("Command palette…", "palette.open", "CmdOrCtrl+K"),
        entry("Switch between light and dark", "theme.toggle", "CmdOrCtrl+Shift+L"),
        { type: "separator" },
        { role: "reload" },
        { role: "toggleDevTools" },
        { type: "separator" },
        { role: "resetZoom" },
        { role: "zoomIn" },
        { role: "zoomOut" },
        { role: "togglefullscreen" },
      ],
    },
    {
      label: "&Go",
      submenu: [
        ...screens.map(([id, label], index) => entry(label, `go.${id}`, `CmdOrCtrl+${String(index + 1)}`)),
        { type: "separator" },
        entry("Back", "view.back", apple ? "Cmd+[" : "Alt+Left"),
      ],
    },
    { role: "windowMenu" },
    { role: "help", submenu: [entry("Keyboard shortcuts", "help.shortcuts")] },
  ];
}
