import { z } from "zod";
import { storedValue } from "../preferences/stored-value.ts";
import type { Command } from "./command.ts";

/** By command id; an empty list: no keys. Commands that are not named have the keys they came with. */
export type KeyMap = Readonly<Record<string, readonly string[]>>;

export const keyMap = storedValue<KeyMap>(
  "reelbench.keys",
  z.record(z.string().max(100), z.array(z.string().min(1).max(60)).max(4)),
  {},
);

/** The command with the person's keys. */
export function withOwnKeys(command: Command, map: KeyMap): Command {
  const own = map[command.id];
  return own === undefined ? command : { ...command, shortcuts: own };
}

/**
 * Commands that this shortcut already means something for: the same keys, or one begins as the other (`g` would never
 * be heard before `g d`).
 */
export function conflictsWith(shortcut: string, of: string, commands: readonly Command[]): readonly Command[] {
  return commands.filter(
    ({ id, shortcuts }) =>
      id !== of &&
      shortcuts?.some(
        (other) => other === shortcut || other.startsWith(`${shortcut} `) || shortcut.startsWith(`${other} `),
      ) === true,
  );
}

/** For the desktop's menu: what of the map a single entry can show. */
export function menuKeysOf(map: KeyMap): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(map).map(([id, keys]) => [id, keys.find((keys_) => keys_.startsWith("mod+")) ?? null]),
  );
}
