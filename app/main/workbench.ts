import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { app, dialog } from "electron";
import type { BrowserWindow, MessageBoxOptions, MessagePortMain } from "electron";
import { engineHost } from "./engine/engine-host.ts";
import type { EngineFailure, EngineHost } from "./engine/engine-host.ts";
import type { StartProgram } from "./engine/engine-process.ts";
import type { SecretStore } from "./keychain.ts";
import { decideLink } from "./links.ts";
import type { Windows } from "./windows.ts";
import { isWorkspace } from "./workspaces/known-workspaces.ts";
import type { KnownWorkspaces } from "./workspaces/known-workspaces.ts";

export interface WorkbenchOptions {
  readonly start: StartProgram<MessagePortMain>;
  readonly known: KnownWorkspaces;
  readonly windows: Windows;
  /** Where it is kept, for each workspace, which windows were open on it. */
  readonly sessions: string;
  readonly logFile: string;
  readonly keychain: () => SecretStore | null;
  readonly log: (message: string) => void;
}

/** The one workspace that is open, its engine, and how another one takes its place. */
export interface Workbench {
  readonly directory: () => string;
  /** Opens the first one, or another in its place: what runs there stops at its last checkpoint. */
  open(directory: string): Promise<void>;
  choose(window: BrowserWindow | null, purpose: "open" | "create"): Promise<boolean>;
  /** Asks before it opens: whoever wants this is not the person in front of the window, or not in it. */
  openAsked(directory: string, view: string | null): Promise<void>;
  follow(link: string): Promise<void>;
  restoreWindows(): void;
  connect(channel: MessagePortMain): void;
  /** While one workspace takes the other's place there may be no window for a moment. */
  readonly switching: () => boolean;
  close(): Promise<void>;
}

export function createWorkbench(options: WorkbenchOptions): Workbench {
  const { known, windows, log } = options;
  let directory = "";
  let engine: EngineHost<MessagePortMain> | null = null;
  let switching = false;

  const ask = (question: MessageBoxOptions, window = windows.front()) =>
    window === null ? dialog.showMessageBox(question) : dialog.showMessageBox(window, question);
  const sessionFile = () =>
    join(options.sessions, `${createHash("sha256").update(directory).digest("hex").slice(0, 24)}.json`);

  const open = async (wanted: string) => {
    const next = resolve(wanted);
    if (switching || (engine !== null && next === directory)) return;
    switching = true;
    try {
      await engine?.close();
      directory = next;
      const started = engineHost({
        start: options.start,
        workspaceDirectory: next,
        keychain: options.keychain,
        log,
        onOpened: (id) => known.opened(next, id),
        onFailure: (failure) => void tellFailure(started, failure),
      });
      engine = started;
      started.start();
      windows.restore(sessionFile());
    } finally {
      switching = false;
    }
  };

  const tellFailure = async (failed: EngineHost<MessagePortMain>, failure: EngineFailure) => {
    log(`${failure.title} ${failure.detail}`);
    const { response } = await ask({
      type: "error",
      title: "Reelbench",
      message: failure.title,
      detail: `${failure.detail}\n\nThe workspace is ${directory}. The log is ${options.logFile}.`,
      buttons: ["Try again", "Another workspace…", "Quit"],
      cancelId: 2,
    });
    if (response === 0) failed.start();
    else if (response === 2 || !(await choose(windows.front(), "open"))) app.quit();
  };

  const choose: Workbench["choose"] = async (window, purpose) => {
    const question: Electron.OpenDialogOptions = {
      title: purpose === "open" ? "Open a workspace" : "Choose an empty folder for the new workspace",
      buttonLabel: purpose === "open" ? "Open" : "Create here",
      properties: ["openDirectory", "createDirectory", "promptToCreate"],
    };
    const answer = await (window === null ? dialog.showOpenDialog(question) : dialog.showOpenDialog(window, question));
    const [folder] = answer.filePaths;
    if (answer.canceled || folder === undefined) return false;
    if (!isWorkspace(folder) && !isEmpty(folder)) {
      await ask(
        {
          type: "warning",
          message: "This folder is no workspace",
          detail: `${folder} holds other files. Choose a workspace's folder, or an empty one for a new workspace.`,
        },
        window,
      );
      return false;
    }
    await open(folder);
    return true;
  };

  const openAsked: Workbench["openAsked"] = async (wanted, view) => {
    if (resolve(wanted) !== directory) {
      const { response } = await ask({
        type: "question",
        message: `Open the workspace “${basename(wanted)}”?`,
        detail: `${wanted}\n\nIt takes the place of “${basename(directory)}”. What runs there stops at its last checkpoint and can be resumed.`,
        buttons: ["Open it", "Cancel"],
        defaultId: 1,
        cancelId: 1,
      });
      if (response !== 0) return;
      await open(wanted);
    }
    if (view !== null) windows.show(view);
  };

  return {
    directory: () => directory,
    open,
    choose,
    openAsked,
    async follow(link) {
      const decision = decideLink(link, directory, known);
      if (decision.kind === "show") return windows.show(decision.view);
      if (decision.kind === "ask") return openAsked(decision.path, decision.view);
      log(`refused a link: ${decision.title}`);
      await ask({ type: "warning", message: decision.title, detail: decision.detail });
    },
    restoreWindows: () => windows.restore(sessionFile()),
    connect: (channel) => engine?.connect(channel),
    switching: () => switching,
    close: async () => engine?.close(),
  };
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
