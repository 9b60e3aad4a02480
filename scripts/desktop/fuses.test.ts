import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findElectron } from "./electron.ts";
import { packagedExecutable } from "./packaged.ts";
import { readFuses } from "./fuses.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const release = packagedExecutable(join(root, "release", "app"));
const electron = findElectron(root);

/** What a package for people must say; the list of Electron's own security checklist. */
const forPeople = {
  RunAsNode: "off",
  EnableCookieEncryption: "on",
  EnableNodeOptionsEnvironmentVariable: "off",
  EnableNodeCliInspectArguments: "off",
  EnableEmbeddedAsarIntegrityValidation: "on",
  OnlyLoadAppFromAsar: "on",
  GrantFileProtocolExtraPrivileges: "off",
};

it.skipIf(release === null)("the packaged app has its fuses set for release (needs `npm run package`)", async () => {
  expect(await readFuses(release ?? "")).toMatchObject(forPeople);
});

it("the packager is told to set every one of them", () => {
  const told = readFileSync(join(root, "electron-builder.yml"), "utf8");
  const keys: Record<string, string> = {
    RunAsNode: "runAsNode",
    EnableCookieEncryption: "enableCookieEncryption",
    EnableNodeOptionsEnvironmentVariable: "enableNodeOptionsEnvironmentVariable",
    EnableNodeCliInspectArguments: "enableNodeCliInspectArguments",
    EnableEmbeddedAsarIntegrityValidation: "enableEmbeddedAsarIntegrityValidation",
    OnlyLoadAppFromAsar: "onlyLoadAppFromAsar",
    GrantFileProtocolExtraPrivileges: "grantFileProtocolExtraPrivileges",
  };
  for (const [fuse, state] of Object.entries(forPeople)) {
    expect(told).toMatch(new RegExp(`^  ${keys[fuse] ?? fuse}: ${state === "on" ? "true" : "false"}$`, "m"));
  }
});

it.skipIf(electron.path === null)(
  "reading follows the binary: an untouched Electron still runs as Node (needs an Electron)",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "reelbench-fuses-"));
    try {
      const copy = join(folder, "electron");
      copyFileSync(electron.path ?? "", copy);
      expect(await readFuses(copy)).toMatchObject({ RunAsNode: "on", OnlyLoadAppFromAsar: "off" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
