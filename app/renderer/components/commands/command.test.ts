import { expect, it } from "vitest";
import { shortcutLabel } from "./command.ts";

it.each([
  ["mod+k", "Ctrl+K", "⌘K"],
  ["mod+shift+l", "Ctrl+Shift+L", "⌘⇧L"],
  ["g d", "G then D", "G then D"],
  ["g arrowdown", "G then ↓", "G then ↓"],
  ["mod+pageup", "Ctrl+Page up", "⌘Page up"],
  ["mod+space", "Ctrl+Space", "⌘Space"],
  ["mod++", "Ctrl++", "⌘+"],
  ["mod+enter", "Ctrl+Enter", "⌘Enter"],
  ["shift+f5", "Shift+F5", "⇧F5"],
  ["?", "?", "?"],
])("shows %s as keyboards name it", (shortcut, elsewhere, onApple) => {
  expect(shortcutLabel(shortcut, false)).toBe(elsewhere);
  expect(shortcutLabel(shortcut, true)).toBe(onApple);
});
