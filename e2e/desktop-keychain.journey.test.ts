import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findElectron } from "../scripts/desktop/electron.ts";
import { hasDisplay, startInElectron } from "./workbench/in-electron.ts";
import { goTo } from "./workbench/main-job.ts";
import { root, screenshots } from "./workbench/workbench.ts";

const electron = findElectron(root);
// Said aloud by `npm test`, too: without an Electron or a display there is nothing to drive.
const missing = electron.path === null || !hasDisplay();
const password = "s3cret-of-the-films";

/** Files under a folder that hold the text, in any form that a search would find. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => {
      const bytes = readFileSync(path);
      return bytes.includes(text) || bytes.includes(Buffer.from(text).toString("base64").slice(0, 20));
    });
}

it.skipIf(missing)("a password is kept in the system's keychain, or refused aloud where there is none", async () => {
  const workbench = await startInElectron(electron.path ?? "", root);
  const { app, page, workspaceDirectory, userDataDirectory } = workbench;
  page.setDefaultTimeout(60_000);
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    // What Electron says of this system decides what must happen.
    const keychain = await app.evaluate(({ safeStorage }): boolean => {
      // By its name: newer Electrons would rather be asked otherwise, in a way that this one does not know.
      const ask: unknown = Reflect.get(safeStorage, "isEncryptionAvailable");
      const available: unknown = typeof ask === "function" ? Reflect.apply(ask, safeStorage, []) : false;
      const real =
        process.platform !== "linux" || !["basic_text", "unknown"].includes(safeStorage.getSelectedStorageBackend());
      return available === true && real;
    });
    await goTo(page, "Publish");
    await page.getByRole("button", { name: "Add target" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Films");
    await dialog.getByLabel("Postgres").fill(`postgres://films:${password}@127.0.0.1:1/films`);
    const shot = screenshots("desktop-keychain", page);
    if (keychain) await dialog.getByText(/kept in this system's keychain/).waitFor();
    else {
      await dialog.getByText("Passwords are not kept here").waitFor();
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByText("The target was not saved").waitFor();
      await dialog.getByText("RB_NO_KEYCHAIN", { exact: true }).waitFor();
      await shot("refused");
      await dialog.getByLabel("Use the password in the address until Reelbench is closed").check();
    }
    await dialog.getByRole("button", { name: "Save" }).click();
    await page
      .getByRole("button", { name: /^Films/ })
      .getByText("postgres://films:***@127.0.0.1:1/films")
      .waitFor();
    await shot("saved");
    for (const folder of [workspaceDirectory, userDataDirectory]) expect(filesWith(folder, password)).toEqual([]);
    expect(workbench.log()).not.toContain(password);
    expect(workbench.complaints).toEqual([]);
  } finally {
    await workbench.close();
  }
});
