import { z } from "zod";
import { knownView } from "../../core/contract/views.ts";
import { readSmallFile, writeSmallFile } from "./small-file.ts";

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

const mostWindows = 12;
const leftWindow = windowState.extend({
  /** What it showed. A view of another version of the app is home. */
  view: z.string().transform((view) => knownView(view) ?? "/"),
});
/** A window as it was left. */
export type LeftWindow = z.infer<typeof leftWindow>;
const windows = z.object({ windows: z.array(leftWindow).max(mostWindows) });

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

/** Null when there is none or it cannot be understood: windows in their usual place are no loss. */
export function readWindows(file: string): readonly LeftWindow[] {
  return readSmallFile(file, windows)?.windows ?? [];
}

export function writeWindows(file: string, left: readonly LeftWindow[]): void {
  writeSmallFile(file, { windows: left.slice(-mostWindows) });
}
