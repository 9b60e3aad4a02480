/**
 * The desktop app's main process: a window, the engine's process, and the borders between them. No business logic: the
 * interface asks the engine directly, over a channel that is only made here.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { app, dialog, Menu, protocol, session, shell } from "electron";
import type { BrowserWindow, MessageBoxOptions } from "electron";
import { answerAppRequest } from "./app-files.ts";
import { appScheme } from "./app-origin.ts";
import { parseArguments } from "./arguments.ts";
import { openLog } from "./desktop-log.ts";
import { engineHost } from "./engine/engine-host.ts";
import type { EngineFailure } from "./engine/engine-host.ts";
import { programFiles } from "./engine/program-files.ts";
import { startUtilityProcess } from "./engine/utility-process.ts";
import { channels } from "./ipc-channels.ts";
import { answerRenderer } from "./ipc.ts";
import { menuTemplate } from "./menu.ts";
import { guardContents, guardSession } from "./session-guard.ts";
import { openWindow } from "./window.ts";

const here = dirname(fileURLToPath(import.meta.url));
const given = parseArguments(process.argv.slice(1), process.cwd());

app.setName("Reelbench");
if (given.userDataDirectory !== null) app.setPath("userData", given.userDataDirectory);
// Every page, whatever its preferences say. Where the person has given it up (root must), Chromium would not even start.
if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);

if (app.requestSingleInstanceLock()) void run();
else app.quit();

async function run(): Promise<void> {
  const userData = app.getPath("userData");
  const workspaceDirectory = given.workspaceDirectory ?? join(userData, "workspace");
  const logFile = join(userData, "logs", "desktop.log");
  const log = openLog(logFile);
  const developerTools = !app.isPackaged;
  let window: BrowserWindow | null = null;

  // Before anything is loaded: every page, now and later, is under the policies.
  app.on("web-contents-created", (_event, contents) => guardContents(contents, log));
  await app.whenReady();
  guardSession(session.defaultSession, developerTools, log);
  session.defaultSession.protocol.handle(appScheme, (request) =>
    answerAppRequest(request, join(here, "..", "renderer")),
  );

  const engine = engineHost({
    start: startUtilityProcess(programFiles(here, app.isPackaged ? { resources: process.resourcesPath } : null), log),
    workspaceDirectory,
    log,
    onFailure: (failure) => void tellFailure(failure),
  });

  const tellFailure = async (failure: EngineFailure) => {
    log(`${failure.title} ${failure.detail}`);
    const question: MessageBoxOptions = {
      type: "error",
      title: "Reelbench",
      message: failure.title,
      detail: `${failure.detail}\n\nThe log is ${logFile}.`,
      buttons: ["Try again", "Quit"],
      cancelId: 1,
    };
    const asked = window === null ? dialog.showMessageBox(question) : dialog.showMessageBox(window, question);
    if ((await asked).response === 0) engine.start();
    else app.quit();
  };

  const showWindow = () => {
    if (window !== null) {
      if (window.isMinimized()) window.restore();
      window.focus();
      return;
    }
    window = openWindow({
      preload: join(here, "preload.cjs"),
      stateFile: join(userData, "window-state.json"),
      version: app.getVersion(),
      title: "Reelbench",
      log,
    });
    window.once("closed", () => {
      window = null;
    });
  };

  answerRenderer({ window: () => window, connect: (port) => engine.connect(port), log });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({
        platform: process.platform,
        appName: app.getName(),
        command: (id) => window?.webContents.send(channels.menuCommand, id),
        showWorkspace: () => void shell.openPath(workspaceDirectory),
      }),
    ),
  );
  engine.start();
  showWindow();

  app.on("second-instance", showWindow);
  app.on("activate", showWindow);
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin") app.quit();
  });
  let closed = false;
  app.on("will-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    void engine.close().then(() => {
      closed = true;
      app.quit();
    });
  });
}
