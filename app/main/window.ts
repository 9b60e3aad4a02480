import { BrowserWindow, nativeTheme, screen } from "electron";
import { appOrigin } from "./app-origin.ts";
import { versionArgument } from "./ipc-channels.ts";
import { readWindowState, restoreBounds, smallestWindow, writeWindowState } from "./window-state.ts";

export interface WindowOptions {
  readonly preload: string;
  readonly stateFile: string;
  readonly version: string;
  readonly title: string;
  readonly log: (message: string) => void;
}

/** Opens the workbench's window where it was left, and keeps note of where it is put. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const state = readWindowState(options.stateFile);
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
  window.on("close", () => {
    try {
      writeWindowState(options.stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    } catch (error) {
      options.log(`the window's place could not be kept: ${String(error)}`);
    }
  });
  window.webContents.on("render-process-gone", (_event, details) => {
    options.log(`the interface ended (${details.reason}, ${String(details.exitCode)})`);
    if (details.reason !== "clean-exit" && !window.isDestroyed()) window.webContents.reload();
  });
  void window.loadURL(`${appOrigin}/`);
  return window;
}
