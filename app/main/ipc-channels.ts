/** Names of the few messages between preload and main. What they carry is checked in `ipc.ts`. */
export const channels = {
  requestEnginePort: "reelbench:request-engine-port",
  chooseFile: "reelbench:choose-file",
  notify: "reelbench:notify",
  menuCommand: "reelbench:menu-command",
} as const;

/** How the window tells its preload the version of the app, which a sandboxed script cannot ask for. */
export const versionArgument = "--reelbench-version=";
