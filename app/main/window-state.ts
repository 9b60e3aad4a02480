import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const windowState = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() }),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowState>;

export const smallestWindow = { width: 940, height: 600 } as const;
export const usualWindow = { width: 1360, height: 880 } as const;

/**
 * Bounds for a window given how it was left and the screens there are now (their work areas). Position is forgotten when
 * the title bar could not be reached any more, as when a second screen was unplugged; size is kept within the screen.
 */
export function restoreBounds(
  state: WindowState | null,
  screens: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  if (state === null) return usualWindow;
  const { bounds } = state;
  const screen = screens.find((candidate) => reachable(bounds, candidate));
  if (screen === undefined) {
    return {
      width: Math.max(smallestWindow.width, bounds.width),
      height: Math.max(smallestWindow.height, bounds.height),
    };
  }
  return {
    x: bounds.x,
    y: Math.max(bounds.y, screen.y),
    width: clamp(bounds.width, smallestWindow.width, screen.width),
    height: clamp(bounds.height, smallestWindow.height, screen.height),
  };
}

/** Whether at least 120 × 32 pixels of the title bar lie on the screen. */
function reachable(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x);
  const top = window.y >= screen.y - 16 && window.y <= screen.y + screen.height - 32;
  return across >= 120 && top;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}

/** Null when there is none or it cannot be understood: a window in its usual place is no loss. */
export function readWindowState(file: string): WindowState | null {
  try {
    const parsed = windowState.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, file);
}
