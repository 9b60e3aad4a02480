import { cp } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { readFuses } from "../scripts/desktop/fuses.ts";
import { packagedExecutable } from "../scripts/desktop/packaged.ts";
import { say } from "../scripts/say.ts";
import { hasDisplay, startInElectron } from "./workbench/in-electron.ts";
import { doMainJob } from "./workbench/main-job.ts";
import { root, temporaryFolder } from "./workbench/workbench.ts";

// Made by `npm run package -- --test`, which takes longer than a test run should; continuous integration does it.
const executable = packagedExecutable(join(root, "release", "test"));
const missing = executable === null || !hasDisplay();
if (missing) say("No package for tests (npm run package -- --test) or no display: its journey is skipped.");

it.skipIf(missing)("the main job in the packaged app: everything it needs travels inside it", async () => {
  // The one fuse by which it differs from the package for people; see docs/decisions/007.
  expect(await readFuses(executable ?? "")).toMatchObject({
    EnableNodeCliInspectArguments: "on",
    RunAsNode: "off",
    OnlyLoadAppFromAsar: "on",
  });
  // Away from the repository, whose node_modules would hide what the package lacks.
  const away = temporaryFolder("packaged");
  try {
    const packaged = join(root, "release", "test");
    await cp(packaged, away.path, { recursive: true, verbatimSymlinks: true });
    const workbench = await startInElectron(join(away.path, relative(packaged, executable ?? "")), null);
    try {
      await doMainJob(workbench, "packaged");
    } finally {
      await workbench.close();
    }
  } finally {
    away.remove();
  }
});
