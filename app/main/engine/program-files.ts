import { join, sep } from "node:path";
import type { Program } from "./engine-process.ts";

export type ProgramFiles = Readonly<Record<Program, string>>;

/**
 * Where the built programs are, given the folder of the built main process. In the package that folder lies inside
 * `app.asar`; programs that load native code or start threads lie beside it, unpacked, and the server is a folder of its
 * own among the resources, so that it can be copied out and run by itself.
 */
export function programFiles(mainFolder: string, package_: { readonly resources: string } | null): ProgramFiles {
  const dist = join(mainFolder, "..").replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
  const server = package_ === null ? join(dist, "server") : join(package_.resources, "server");
  return {
    engine: join(dist, "node", "engine.js"),
    trainer: join(dist, "node", "trainer.js"),
    publisher: join(dist, "node", "publisher.js"),
    server: join(server, "server.js"),
  };
}
