/** Names of the few messages between preload and main. What they carry is checked in `ipc.ts`. */
export const channels = {
  requestEnginePort: "reelbench:request-engine-port",
  chooseFile: "reelbench:choose-file",
  listWorkspaces: "reelbench:list-workspaces",
  workspaceBytes: "reelbench:workspace-bytes",
  openWorkspace: "reelbench:open-workspace",
  chooseWorkspace: "reelbench:choose-workspace",
  forgetWorkspace: "reelbench:forget-workspace",
  revealWorkspace: "reelbench:reveal-workspace",
  newWindow: "reelbench:new-window",
  readLog: "reelbench:read-log",
  setMenuKeys: "reelbench:set-menu-keys",
  savePdf: "reelbench:save-pdf",
  notify: "reelbench:notify",
  menuCommand: "reelbench:menu-command",
} as const;

/** How the window tells its preload the version of the app, which a sandboxed script cannot ask for. */
export const versionArgument = "--reelbench-version=";
