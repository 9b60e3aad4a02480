import { ipcMain, shell } from "electron";
import type { BrowserWindow } from "electron";
import { z } from "zod";
import type { KnownWorkspace } from "../../core/contract/bridge.ts";
import { knownView } from "../../core/contract/views.ts";
import { channels } from "./ipc-channels.ts";
import type { Trusted } from "./ipc.ts";
import { folderBytes } from "./workspaces/folder-bytes.ts";
import type { KnownWorkspaces } from "./workspaces/known-workspaces.ts";

export interface WorkspaceIpcOptions {
  readonly trusted: Trusted;
  readonly known: KnownWorkspaces;
  readonly current: () => string;
  readonly open: (path: string) => Promise<void>;
  readonly choose: (window: BrowserWindow, purpose: "open" | "create") => Promise<boolean>;
  readonly newWindow: (view: string) => void;
  readonly readLog: () => string;
  readonly setMenuKeys: (keys: Readonly<Record<string, string | null>>) => void;
}

const path = z.string().min(1).max(4096);
const menuKeys = z.record(z.string().max(100), z.string().max(60).nullable());

/** Answers what the interface asks about workspaces and windows. A page can only name workspaces that were open before. */
export function answerAboutWorkspaces(options: WorkspaceIpcOptions): void {
  const { known, current, trusted } = options;
  const handle = <S extends z.ZodType>(
    channel: string,
    schema: S,
    answer: (value: z.output<S>, window: BrowserWindow) => unknown,
  ) => {
    ipcMain.handle(channel, (event, ...given: unknown[]) => {
      const window = trusted(event, channel);
      if (window === null) throw new Error("This page may not ask that.");
      return answer(z.tuple([schema]).parse(given.length === 0 ? [undefined] : given)[0] as z.output<S>, window);
    });
  };
  const knownPath = path.refine((given) => known.knows(given), "It was never open here.");

  handle(channels.listWorkspaces, z.undefined(), (): readonly KnownWorkspace[] => known.list(current()));
  handle(channels.workspaceBytes, knownPath, (given) => folderBytes(given));
  handle(channels.openWorkspace, knownPath, (given) => options.open(given));
  handle(channels.forgetWorkspace, knownPath, (given) => known.forget(given));
  handle(channels.revealWorkspace, knownPath, (given) => void shell.openPath(given));
  handle(channels.chooseWorkspace, z.enum(["open", "create"]), (purpose, window) => options.choose(window, purpose));
  handle(channels.readLog, z.undefined(), () => options.readLog());

  ipcMain.on(channels.newWindow, (event, ...given: unknown[]) => {
    if (trusted(event, channels.newWindow) === null) return;
    const [view] = z.tuple([z.string()]).safeParse(given).data ?? ["/"];
    options.newWindow(knownView(view) ?? "/");
  });
  ipcMain.on(channels.setMenuKeys, (event, ...given: unknown[]) => {
    const keys = z.tuple([menuKeys]).safeParse(given);
    if (trusted(event, channels.setMenuKeys) !== null && keys.success) options.setMenuKeys(keys.data[0]);
  });
}
