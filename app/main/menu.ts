import type { MenuItemConstructorOptions } from "electron";

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly appName: string;
  /** Sends a command, by the palette's name, to the interface. */
  readonly command: (id: string) => void;
  /** What the person has changed of the entries' keys (`mod+i`; null: none), by the palette's names. */
  readonly keys: Readonly<Record<string, string | null>>;
  /** Opens the workspace's folder in the system's file manager. */
  readonly showWorkspace: () => void;
  readonly newWindow: () => void;
  readonly chooseWorkspace: () => void;
}

const screens = [
  ["home", "Home"],
  ["data", "Data"],
  ["train", "Train"],
  ["compare", "Compare"],
  ["recommendations", "Recommendations"],
  ["models", "Models"],
  ["publish", "Publish"],
  ["settings", "Settings"],
] as const;

/** The application's menu. Its own entries are the palette's commands; the interface does them. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const entry = (label: string, id: string, usual?: string): MenuItemConstructorOptions => {
    const given = options.keys[id];
    const accelerator = given === undefined ? usual : given === null ? undefined : acceleratorOf(given);
    return { label, id, click: () => options.command(id), ...(accelerator === undefined ? {} : { accelerator }) };
  };
  const apple = options.platform === "darwin";
  return [
    ...(apple ? [{ label: options.appName, role: "appMenu" as const }] : []),
    {
      label: "&File",
      submenu: [
        { label: "New window", id: "window.new", accelerator: "CmdOrCtrl+Shift+N", click: options.newWindow },
        { label: "Open workspace…", id: "workspace.choose", click: options.chooseWorkspace },
        { type: "separator" },
        entry("Import ratings…", "data.import", "CmdOrCtrl+I"),
        entry("New snapshot…", "data.new-snapshot"),
        { type: "separator" },
        { label: apple ? "Show workspace in Finder" : "Show workspace folder", click: options.showWorkspace },
        entry("Copy link to this view", "view.copy-link", "CmdOrCtrl+Shift+U"),
        { type: "separator" },
        { role: "close" },
        ...(apple ? [] : [{ role: "quit" as const }]),
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
    {
      role: "help",
      submenu: [entry("Metrics and what they mean", "help.metrics"), entry("Keyboard shortcuts", "help.shortcuts")],
    },
  ];
}

/** `mod+shift+l`, as the interface writes keys, as the menu writes them; undefined for what a menu cannot show (`g d`, `?`). */
export function acceleratorOf(shortcut: string): string | undefined {
  if (shortcut.includes(" ") || !shortcut.startsWith("mod+")) return undefined;
  const parts = shortcut.split("+").map((part) => {
    if (part === "mod") return "CmdOrCtrl";
    return part.length === 1 ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1);
  });
  return parts.join("+");
}
