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

/** `mod+1` → "⌘1" or "Ctrl+1"; `g d` → "G then D". */
export function shortcutLabel(shortcut: string, apple: boolean): string {
  if (shortcut.includes(" ")) return shortcut.toUpperCase().split(" ").join(" then ");
  return shortcut
    .split("+")
    .map((key) => {
      if (key === "mod") return apple ? "⌘" : "Ctrl";
      if (key === "shift") return apple ? "⇧" : "Shift";
      return key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1);
    })
    .join(apple ? "" : "+");
}
