import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServingTarget } from "../../e2e/services/serving-target.ts";
import { servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import { freshDatabase } from "../../e2e/services/services.ts";
import { findVersion } from "../../core/production/versions.ts";
import type { Version } from "../../core/production/versions.ts";
import { readBundle } from "./read-bundle.ts";
import type { LoadProgress } from "./read-bundle.ts";
import { textAt } from "./shared-text.ts";
import type { SharedText } from "./shared-text.ts";

/** Its factors are several chunks. */
const world = smallVersion("v", { users: 9000, items: 300, factors: 64 });
let database: Awaited<ReturnType<typeof freshDatabase>>;
let target: ServingTarget;
let version: Version;

beforeAll(async () => {
  database = await freshDatabase();
  target = await servingTarget(database.url);
  await target.upload(world);
  const found = await findVersion(target.pool, "v");
  if (found === null) throw new Error("The version was not uploaded.");
  version = found;
});
afterAll(async () => {
  await target.close();
  await database.drop();
});

const texts = (text: SharedText) => Array.from({ length: text.length }, (_, n) => textAt(text, n));

test("what was uploaded in chunks comes back number for number, in shared memory", async () => {
  const told: LoadProgress[] = [];
  const { model, users, items } = await readBundle(target.pool, version, (progress) => told.push(progress));
  expect(model).toEqual(world.model);
  expect(texts(users.ids)).toEqual(world.userIds);
  expect(texts(items.ids)).toEqual(world.items.map(({ itemId }) => itemId));
  const arrays = Object.values(model).filter((value) => ArrayBuffer.isView(value));
  expect(arrays).toHaveLength(5);
  for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  // Chunk by chunk, to the last byte of what the target says it has.
  expect(told.length).toBeGreaterThan(4);
  expect(new Set(told.map(({ ofBytes }) => ofBytes))).toEqual(new Set([version.bytes]));
  expect(told.map(({ bytes }) => bytes)).toEqual(told.map(({ bytes }) => bytes).toSorted((a, b) => a - b));
  expect(told.at(-1)?.bytes).toBe(version.bytes);
});

test.each([
  ["card.json", 0, 7],
  ["users.json", 0, 40],
  ["items.json", 0, 40],
  ["model.safetensors", 0, 100],
  ["model.safetensors", 1, 4242],
])("a bit of %s, chunk %i, that is not what was published is found", async (name, n, at) => {
  const flip = () =>
    target.pool.query(
      "update reelbench.artifact_chunks set data = set_byte(data, $3, get_byte(data, $3) # 1) where name = $1 and n = $2",
      [name, n, at],
    );
  await flip();
  await expect(readBundle(target.pool, version)).rejects.toMatchObject({ code: "RB_CORRUPT" });
  await flip();
});

test("a version whose digest is another is refused, however well its parts fit its card", async () => {
  await expect(readBundle(target.pool, { version: "v", sha256: "0".repeat(64) })).rejects.toMatchObject({
    code: "RB_CORRUPT",
    message: expect.stringContaining("not what was published") as string,
  });
});
