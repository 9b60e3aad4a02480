import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";

export type FuseReading = "on" | "off" | "absent";

/**
 * How the fuses of a packaged Electron stand, read from the binary itself. `absent`: this Electron does not know the fuse.
 */
export async function readFuses(executable: string): Promise<Record<string, FuseReading>> {
  const wire = await getCurrentFuseWire(executable);
  const names = Object.keys(FuseV1Options).filter((name) => Number.isNaN(Number(name)));
  return Object.fromEntries(
    names.map((name) => {
      const state = wire[FuseV1Options[name as keyof typeof FuseV1Options]];
      return [name, state === FuseState.ENABLE ? "on" : state === FuseState.DISABLE ? "off" : "absent"];
    }),
  );
}
