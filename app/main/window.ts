import { BrowserWindow, nativeTheme, screen } from "electron";
import { appOrigin } from "./app-origin.ts";
import { versionArgument } from "./ipc-channels.ts";
import { restoreBounds, smallestWindow } from "./window-state.ts";
import type { WindowState } from "./window-state.ts";

export interface WindowOptions {
  readonly preload: string;
  readonly version: string;
  readonly title: string;
  readonly log: (message: string) => void;
}

/** Milliseconds within which a second crash of a page is blamed on what it shows. */
const crashesTogether = 20_000;

/** Opens a window of the workbench where it was left, at a view. */
export function openWindow(options: WindowOptions, state: WindowState | null, view: string): BrowserWindow {
  const window = new BrowserWindow({
    ...restoreBounds(
      state,
      screen.getAllDisplays().map(({ workArea }) => workArea),
    ),
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    title: options.title,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#1a1b1e" : "#ffffff",
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
      additionalArguments: [`${versionArgument}${options.version}`],
    },
  });
  if (state?.maximized === true) window.maximize();
  window.once("ready-to-show", () => window.show());
  let crashedAt = -Infinity;
  window.webContents.on("render-process-gone", (_event, details) => {
    options.log(`the interface ended (${details.reason}, ${String(details.exitCode)})`);
    if (details.reason === "clean-exit" || window.isDestroyed()) return;
    // What has just crashed twice would crash again, and again after the next start.
    const now = Date.now();
    if (now - crashedAt < crashesTogether) void window.loadURL(addressOf("/"));
    else window.webContents.reload();
    crashedAt = now;
  });
  void window.loadURL(addressOf(view));
  return window;
}

/** Where the interface shows a view. */
export function addressOf(view: string): string {
  return view === "/" ? `${appOrigin}/` : `${appOrigin}/#${view}`;
}
