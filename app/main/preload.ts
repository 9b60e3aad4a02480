import { contextBridge, ipcRenderer, webUtils } from "electron";
import { enginePortMessage } from "../../core/contract/bridge.ts";
import type { DesktopBridge, KnownWorkspace } from "../../core/contract/bridge.ts";
import { channels, versionArgument } from "./ipc-channels.ts";

const version =
  process.argv.find((word) => word.startsWith(versionArgument))?.slice(versionArgument.length) ?? "unknown";

// Named functions only: neither `ipcRenderer` nor an event object ever reaches the page.
const bridge = {
  requestEnginePort: () => ipcRenderer.send(channels.requestEnginePort),
  chooseFile: async (purpose) => {
    const chosen: unknown = await ipcRenderer.invoke(channels.chooseFile, purpose);
    return typeof chosen === "string" ? chosen : null;
  },
  pathOfFile: (file) => {
    if (!(file instanceof File)) return null;
    // Empty for a file that a page made itself.
    const path = webUtils.getPathForFile(file);
    return path === "" ? null : path;
  },
  savePdf: async ({ name, html }) => (await ipcRenderer.invoke(channels.savePdf, { name, html })) === true,
  notify: ({ title, body }) => ipcRenderer.send(channels.notify, { title, body }),
  // Main's answers are of the types that `workspace-ipc.ts` gives them.
  workspaces: {
    list: async () => (await ipcRenderer.invoke(channels.listWorkspaces)) as readonly KnownWorkspace[],
    bytes: async (path) => (await ipcRenderer.invoke(channels.workspaceBytes, path)) as number | null,
    open: async (path) => void (await ipcRenderer.invoke(channels.openWorkspace, path)),
    choose: async (purpose) => (await ipcRenderer.invoke(channels.chooseWorkspace, purpose)) === true,
    forget: async (path) => void (await ipcRenderer.invoke(channels.forgetWorkspace, path)),
    reveal: async (path) => void (await ipcRenderer.invoke(channels.revealWorkspace, path)),
  },
  newWindow: (view) => ipcRenderer.send(channels.newWindow, view),
  readLog: async () => String(await ipcRenderer.invoke(channels.readLog)),
  setMenuKeys: (keys) => ipcRenderer.send(channels.setMenuKeys, { ...keys }),
  onMenuCommand: (listener) => {
    const receive = (_event: unknown, command: unknown) => {
      if (typeof command === "string") listener(command);
    };
    ipcRenderer.on(channels.menuCommand, receive);
    return () => void ipcRenderer.off(channels.menuCommand, receive);
  },
  platform: process.platform,
  versions: { app: version, electron: process.versions.electron ?? "unknown" },
} satisfies DesktopBridge;

contextBridge.exposeInMainWorld("reelbench", bridge);

// A port cannot pass through the context bridge; a message of the window to itself can carry it.
ipcRenderer.on(enginePortMessage, (event) => {
  window.postMessage(enginePortMessage, window.location.origin, [...event.ports]);
});
