/** An action with a name: in the palette, on the keyboard, in the desktop's menu. */
export interface Command {
  /** Stable; the desktop's menu sends it: `go.data`, `theme.toggle`. */
  readonly id: string;
  readonly label: string;
  readonly group: string;
  /** `mod+k` for a chord, `g d` for keys one after another. */
  readonly shortcuts?: readonly string[];
  readonly keywords?: readonly string[];
  readonly run: () => void;
}

/** Keys that a keyboard calls otherwise than a browser does. */
const keyNames: Readonly<Record<string, string>> = {
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  contextmenu: "Menu",
  delete: "Del",
  escape: "Esc",
  insert: "Ins",
  pagedown: "Page down",
  pageup: "Page up",
  space: "Space",
};

/** `mod+1` → "⌘1" or "Ctrl+1"; `g d` → "G then D"; `mod+arrowup` → "Ctrl+↑". */
export function shortcutLabel(shortcut: string, apple: boolean): string {
  return shortcut
    .split(" ")
    .map((chord) => chordLabel(chord, apple))
    .join(" then ");
}

function chordLabel(chord: string, apple: boolean): string {
  // The last key may be a plus itself.
  const [, modifiers = "", key = chord] = /^((?:mod\+)?(?:shift\+)?)(.+)$/.exec(chord) ?? [];
  const names = [
    ...(modifiers.includes("mod") ? [apple ? "⌘" : "Ctrl"] : []),
    ...(modifiers.includes("shift") ? [apple ? "⇧" : "Shift"] : []),
    keyNames[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`,
  ];
  return names.join(apple ? "" : "+");
}
