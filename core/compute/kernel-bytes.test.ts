import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { beforeEach, expect, test, vi } from "vitest";

// As the relaxed build leaves them; the smallest module there is.
vi.mock("./kernels.generated.ts", () => ({
  kernelsBase64: "AGFzbQEAAAA=",
  coarseScanBase64: "AGFzbQEAAAA=",
  relaxedSimd: true,
}));
vi.mock("node:v8", () => ({ setFlagsFromString: vi.fn<(flags: string) => void>() }));

const flags = vi.mocked(setFlagsFromString);

beforeEach(() => {
  flags.mockClear();
  vi.resetModules();
});

test.each([
  ["kernelModule", async () => (await import("./kernels.ts")).kernelModule()],
  ["coarseScanModule", async () => (await import("./coarse-scan.ts")).coarseScanModule()],
  [
    "instantiateNormalKernels",
    async () => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      return (await import("./normal-kernels.ts")).instantiateNormalKernels(memory);
    },
  ],
])("%s of the relaxed build asks V8 for wide vectors before it compiles", async (_, compile) => {
  await compile();
  expect(flags.mock.calls[0]).toEqual(["--experimental-wasm-revectorize"]);
});

test("nothing else in the engine takes the modules' bytes, so nothing compiles them unasked", () => {
  const folder = new URL("../", import.meta.url);
  const takers = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes(".generated."))
    .filter((file) =>
      /kernelsBase64|coarseScanBase64/.test(readFileSync(new URL(file.replaceAll("\\", "/"), folder), "utf8")),
    );
  expect(takers.map((file) => file.replaceAll("\\", "/"))).toEqual(["compute/kernel-bytes.ts"]);
});
