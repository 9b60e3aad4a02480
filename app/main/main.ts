/**
 * The desktop app's main process: windows, the engine's process, and the borders between them. No business logic: the
 * interface asks the engine directly, over a channel that is only made here.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { app, Menu, protocol, safeStorage, session, shell } from "electron";
import { linkScheme } from "../../core/contract/view-link.ts";
import { viewOfAddress } from "../../core/contract/views.ts";
import { answerAppRequest } from "./app-files.ts";
import { appScheme } from "./app-origin.ts";
import { parseArguments } from "./arguments.ts";
import { openLog, tailOfLog } from "./desktop-log.ts";
import { programFiles } from "./engine/program-files.ts";
import { startUtilityProcess } from "./engine/utility-process.ts";
import { channels } from "./ipc-channels.ts";
import { answerRenderer, trustedSenders } from "./ipc.ts";
import { secretStore, systemKeychain } from "./keychain.ts";
import { linkAmong } from "./links.ts";
import { menuTemplate } from "./menu.ts";
import { guardContents, guardSession } from "./session-guard.ts";
import { createWindows } from "./windows.ts";
import { createWorkbench } from "./workbench.ts";
import { answerAboutWorkspaces } from "./workspace-ipc.ts";
import { knownWorkspaces } from "./workspaces/known-workspaces.ts";

const here = dirname(fileURLToPath(import.meta.url));
const given = parseArguments(process.argv.slice(1), process.cwd());

app.setName("Reelbench");
if (given.userDataDirectory !== null) app.setPath("userData", given.userDataDirectory);
// Every page, whatever its preferences say. Where the person has given it up (root must), Chromium would not even start.
if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);

/** macOS hands over the link that started the app before anything is ready. */
const early: string[] = [];
let follow = (link: string) => void early.push(link);
app.on("open-url", (event, link) => {
  event.preventDefault();
  follow(link);
});

if (app.requestSingleInstanceLock()) void run();
else app.quit();

async function run(): Promise<void> {
  const userData = app.getPath("userData");
  const logFile = join(userData, "logs", "desktop.log");
  const log = openLog(logFile);
  const developerTools = !app.isPackaged;
  // Only the installed app answers for links: an Electron given a folder would be asked with a command line that is gone tomorrow.
  if (app.isPackaged && given.userDataDirectory === null) app.setAsDefaultProtocolClient(linkScheme);

  // Before anything is loaded: every page, now and later, is under the policies.
  app.on("web-contents-created", (_event, contents) => guardContents(contents, log));
  await app.whenReady();
  guardSession(session.defaultSession, developerTools, log);
  session.defaultSession.protocol.handle(appScheme, (request) =>
    answerAppRequest(request, join(here, "..", "renderer")),
  );

  const known = knownWorkspaces(join(userData, "workspaces.json"));
  const windows = createWindows({
    preload: join(here, "preload.cjs"),
    version: app.getVersion(),
    title: "Reelbench",
    log,
  });
  const workbench = createWorkbench({
    start: startUtilityProcess(programFiles(here, app.isPackaged ? { resources: process.resourcesPath } : null), log),
    known,
    windows,
    sessions: join(userData, "sessions"),
    logFile,
    keychain: () => {
      const locker = systemKeychain(safeStorage, process.platform);
      if (locker === null) log("this system has no keychain; passwords of targets are not kept");
      return locker === null ? null : secretStore(join(userData, "secrets.json"), locker);
    },
    log,
  });

  let menuKeys: Readonly<Record<string, string | null>> = {};
  const showMenu = () =>
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate({
          platform: process.platform,
          appName: app.getName(),
          keys: menuKeys,
          command: (id) => windows.front()?.webContents.send(channels.menuCommand, id),
          showWorkspace: () => void shell.openPath(workbench.directory()),
          newWindow: () => windows.open(viewOfAddress(windows.front()?.webContents.getURL() ?? "")),
          chooseWorkspace: () => void workbench.choose(windows.front(), "open"),
        }),
      ),
    );
  const trusted = trustedSenders({ owning: windows.owning, log });
  answerRenderer(trusted, workbench.connect);
  answerAboutWorkspaces({
    trusted,
    known,
    current: workbench.directory,
    open: workbench.open,
    choose: workbench.choose,
    newWindow: windows.open,
    readLog: () => tailOfLog(logFile),
    setMenuKeys: (keys) => {
      // Every window tells; the keys are the person's, the same in all.
      if (JSON.stringify(keys) === JSON.stringify(menuKeys)) return;
      menuKeys = keys;
      showMenu();
    },
  });
  showMenu();

  const last = known.list(null).find(({ present }) => present)?.path;
  await workbench.open(given.workspaceDirectory ?? last ?? join(userData, "workspace"));
  follow = (link) =>
    void workbench.follow(link).catch((error: unknown) => log(`the link could not be followed: ${String(error)}`));
  for (const link of [linkAmong(process.argv.slice(1)), ...early]) if (link !== null) follow(link);

  const toFront = () => {
    const window = windows.front();
    if (window === null) return workbench.restoreWindows();
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  app.on("second-instance", (_event, argv, workingDirectory) => {
    const link = linkAmong(argv.slice(1));
    const wanted = parseArguments(argv.slice(1), workingDirectory).workspaceDirectory;
    toFront();
    if (link !== null) follow(link);
    else if (wanted !== null) void workbench.openAsked(wanted, null);
  });
  app.on("activate", toFront);
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin" && !workbench.switching()) app.quit();
  });
  app.on("before-quit", windows.freeze);
  let closed = false;
  app.on("will-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    void workbench.close().then(() => {
      closed = true;
      app.quit();
    });
  });
}
