import { join } from "node:path";
import { expect, it } from "vitest";
import { programFiles } from "./program-files.ts";

it("finds the programs beside the main process when started from the repository", () => {
  expect(programFiles(join("/repository", "dist", "main"), null)).toEqual({
    engine: join("/repository", "dist", "node", "engine.js"),
    trainer: join("/repository", "dist", "node", "trainer.js"),
    publisher: join("/repository", "dist", "node", "publisher.js"),
    server: join("/repository", "dist", "server", "server.js"),
  });
});

it("finds them unpacked, and the server among the resources, when packaged", () => {
  const resources = join("/opt", "reelbench", "resources");
  expect(programFiles(join(resources, "app.asar", "dist", "main"), { resources })).toEqual({
    engine: join(resources, "app.asar.unpacked", "dist", "node", "engine.js"),
    trainer: join(resources, "app.asar.unpacked", "dist", "node", "trainer.js"),
    publisher: join(resources, "app.asar.unpacked", "dist", "node", "publisher.js"),
    server: join(resources, "server", "server.js"),
  });
});
