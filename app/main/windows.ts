import type { BrowserWindow } from "electron";
import { viewOfAddress } from "../../core/contract/views.ts";
import { addressOf, openWindow } from "./window.ts";
import type { WindowOptions } from "./window.ts";
import { readWindows, writeWindows } from "./window-state.ts";
import type { LeftWindow } from "./window-state.ts";

export interface Windows {
  /** Opens the windows of a workspace as they were left there, in place of those that are open. */
  restore(sessionFile: string): void;
  /** One more, beside the one in front. */
  open(view: string): void;
  /** Brings the view to the front: in a window that shows it or only home, else in one of its own. What a person is in the middle of stays. */
  show(view: string): void;
  /** The one in front, or last in front; null when none is open. */
  front(): BrowserWindow | null;
  /** The window that a page belongs to; null for pages that are not ours. */
  owning(contents: Electron.WebContents): BrowserWindow | null;
  /** From now on windows close because the app ends: they will be open again next time. */
  freeze(): void;
}

/** Milliseconds of quiet before places and views are written down. */
const settle = 300;
/** Pixels that a window is put right and below the one it is opened beside. */
const beside = 28;

/** The windows of the workbench, all on one engine. Where they are and what they show is kept beside, for the next start. */
export function createWindows(options: WindowOptions): Windows {
  /** In the order in which they were last in front. */
  const views = new Map<BrowserWindow, string>();
  let file: string | null = null;
  let frozen = false;
  let timer: NodeJS.Timeout | undefined;

  const left = (): LeftWindow[] =>
    [...views].flatMap(([window, view]) =>
      window.isDestroyed() ? [] : [{ bounds: window.getNormalBounds(), maximized: window.isMaximized(), view }],
    );
  const keep = () => {
    clearTimeout(timer);
    if (frozen || file === null) return;
    try {
      writeWindows(file, left());
    } catch (error) {
      options.log(`the windows' places could not be kept: ${String(error)}`);
    }
  };
  const keepSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, settle);
  };

  const add = (state: LeftWindow | null, view: string) => {
    const window = openWindow(options, state, view);
    views.set(window, view);
    const note = (address: string) => {
      if (!views.has(window)) return;
      views.set(window, viewOfAddress(address));
      keepSoon();
    };
    window.webContents.on("did-navigate", (_event, address) => note(address));
    window.webContents.on("did-navigate-in-page", (_event, address, isMainFrame) => {
      if (isMainFrame) note(address);
    });
    window.on("resize", keepSoon);
    window.on("move", keepSoon);
    window.on("focus", () => {
      const shown = views.get(window);
      if (shown === undefined) return;
      views.delete(window);
      views.set(window, shown);
    });
    window.on("close", () => {
      // The last one is what is opened next time.
      if (views.size === 1) keep();
    });
    window.on("closed", () => {
      const last = views.size === 1;
      if (views.delete(window) && !last) keep();
    });
    keepSoon();
  };
  const front = () => [...views.keys()].at(-1) ?? null;
  const besideFront = (): LeftWindow | null => {
    const window = front();
    if (window === null) return file === null ? null : (readWindows(file).at(-1) ?? null);
    const { x, y, width, height } = window.getNormalBounds();
    return { bounds: { x: x + beside, y: y + beside, width, height }, maximized: false, view: "/" };
  };

  return {
    restore(sessionFile) {
      keep();
      const old = [...views.keys()];
      views.clear();
      file = sessionFile;
      const known = readWindows(sessionFile);
      for (const state of known) add(state, state.view);
      if (known.length === 0) add(null, "/");
      for (const window of old) window.destroy();
    },
    open: (view) => add(besideFront(), view),
    show(view) {
      const shown = [...views.keys()].toReversed();
      const same = shown.find((window) => views.get(window) === view);
      const idle = same ?? shown.find((window) => views.get(window) === "/");
      if (idle === undefined) return add(besideFront(), view);
      if (same === undefined) void idle.loadURL(addressOf(view));
      if (idle.isMinimized()) idle.restore();
      idle.show();
      idle.focus();
    },
    front,
    owning: (contents) => [...views.keys()].find((window) => window.webContents === contents) ?? null,
    freeze() {
      keep();
      frozen = true;
    },
  };
}
