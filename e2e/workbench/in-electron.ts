import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { _electron, errors } from "playwright-core";
import type { ElectronApplication } from "playwright-core";
import { hasDisplay, sandboxArguments } from "../../scripts/desktop/electron.ts";
import { say } from "../../scripts/say.ts";
import { collectComplaints, temporaryFolder } from "./workbench.ts";
import type { Workbench } from "./workbench.ts";

export { hasDisplay };

export interface DesktopWorkbench extends Workbench {
  readonly app: ElectronApplication;
  readonly userDataDirectory: string;
  /** What main and its children have written so far. */
  log(): string;
  /** Ends the app as a power cut would. Its files stay, for another start. */
  kill(): Promise<void>;
}

/**
 * Starts the desktop app with files of its own (or those of an earlier start): an Electron given the app's folder, or a
 * packaged app by itself.
 */
export async function startInElectron(
  executablePath: string,
  appFolder: string | null,
  folder = temporaryFolder("desktop"),
): Promise<DesktopWorkbench> {
  const workspaceDirectory = join(folder.path, "workspace");
  const userDataDirectory = join(folder.path, "user-data");
  const isNew = !existsSync(userDataDirectory);
  const options = {
    executablePath,
    // As the system has it: a driver would else hold every page in the light.
    colorScheme: null,
    args: [
      ...sandboxArguments(),
      ...(appFolder === null ? [] : [appFolder]),
      `--user-data-dir=${userDataDirectory}`,
      `--workspace=${workspaceDirectory}`,
    ],
    env: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
  const app = await launch(options, () => {
    if (isNew)
      for (const path of [workspaceDirectory, userDataDirectory]) rmSync(path, { recursive: true, force: true });
  });
  let written = "";
  app
    .process()
    .stderr?.setEncoding("utf8")
    .on("data", (text: string) => {
      written += text;
    });
  const page = await app.firstWindow();
  return {
    app,
    page,
    workspaceDirectory,
    userDataDirectory,
    complaints: collectComplaints(page),
    log: () => written,
    kill: async () => {
      const main = app.process();
      const gone = once(main, "exit");
      main.kill("SIGKILL");
      await gone;
    },
    answerFileDialog: async (path) => {
      await app.evaluate(({ dialog }, chosen) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
      }, path);
      return true;
    },
    close: async () => {
      // A dialog about a failure would hold it open for ever; the test has failed then and says so.
      const timer = setTimeout(() => app.process().kill("SIGKILL"), 30_000);
      await app.close();
      clearTimeout(timer);
      folder.remove();
    },
  };
}

/**
 * Now and then the driver waits for ever for an app that has long opened its window and its workspace: it missed a word
 * of the start. It has ended that app when it gives up; another is started then, twice at most.
 */
async function launch(
  options: Parameters<typeof _electron.launch>[0],
  beforeAnother: () => void,
): Promise<ElectronApplication> {
  for (let another = 2; ; another--)
    try {
      return await _electron.launch({ ...options, timeout: 45_000 });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError) || another === 0) throw error;
      say(`The driver did not get hold of Electron within 45 s; it is started once more.\n${error.message}`);
      beforeAnother();
    }
}
