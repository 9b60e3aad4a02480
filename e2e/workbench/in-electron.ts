import { once } from "node:events";
import { join } from "node:path";
import { _electron } from "playwright-core";
import type { ElectronApplication } from "playwright-core";
import { hasDisplay, sandboxArguments } from "../../scripts/desktop/electron.ts";
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
  const app = await _electron.launch({
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
