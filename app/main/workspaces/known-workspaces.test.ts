import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { folderBytes } from "./folder-bytes.ts";
import { knownWorkspaces } from "./known-workspaces.ts";

function places() {
  const folder = mkdtempSync(join(tmpdir(), "reelbench-known-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const workspace = (name: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "workspace.sqlite"), "x".repeat(100));
    return join(folder, name);
  };
  return { folder, file: join(folder, "known.json"), workspace };
}

it("lists what was open, last first, says what is gone, and forgets on request only", () => {
  const { file, workspace } = places();
  const [films, songs] = [workspace("films"), workspace("songs")];
  let hour = 0;
  const known = knownWorkspaces(file, () => new Date(Date.UTC(2026, 0, 1, hour++)));
  known.opened(films, "id-films");
  known.opened(songs, "id-songs");
  known.opened(films, "id-films");
  rmSync(songs, { recursive: true });
  const again = knownWorkspaces(file);
  expect(again.list(films)).toEqual([
    { path: films, name: "films", openedAt: "2026-01-01T02:00:00.000Z", present: true, current: true },
    { path: songs, name: "songs", openedAt: "2026-01-01T01:00:00.000Z", present: false, current: false },
  ]);
  // A link to what is gone leads nowhere.
  expect([again.pathOf("id-films"), again.pathOf("id-songs"), again.pathOf("id-other")]).toEqual([films, null, null]);
  again.forget(songs);
  expect(
    knownWorkspaces(file)
      .list(null)
      .map(({ name }) => name),
  ).toEqual(["films"]);
});

it("begins anew where the file is spoilt", () => {
  const { file, workspace } = places();
  writeFileSync(file, '{"workspaces":[{"path":7}]}');
  const known = knownWorkspaces(file);
  expect(known.list(null)).toEqual([]);
  known.opened(workspace("films"), "id");
  expect(known.list(null)).toHaveLength(1);
});

it("counts the bytes of a folder with all that lies in it, and gives up where there is too much", async () => {
  const { folder, workspace } = places();
  mkdirSync(join(workspace("films"), "runs"));
  writeFileSync(join(folder, "films", "runs", "a"), "y".repeat(50));
  expect(await folderBytes(join(folder, "films"))).toBe(150);
  expect(await folderBytes(join(folder, "films"), 1)).toBeNull();
  expect(await folderBytes(join(folder, "nothing"))).toBeNull();
});
