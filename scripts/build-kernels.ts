/**
 * Compiles core/compute/assembly (AssemblyScript) to WebAssembly SIMD128 and writes core/compute/kernels.generated.ts, the two
 * modules as base64 with a hash of what they were made from. Does nothing when that hash is still right.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const sources = new URL("core/compute/assembly/", root);
const generated = new URL("core/compute/kernels.generated.ts", root);

/**
 * Asked for by REELBENCH_RELAXED_SIMD=1: fused multiply-adds where the processor has them, and tiles cut for 256 bits, which
 * core/compute/kernels.ts then asks V8 for. Results differ between processors, so runs carry it in their code version.
 */
const relaxed = process.env["REELBENCH_RELAXED_SIMD"] === "1";

// Shared memory up to all of wasm32.
const common = [
  "--optimizeLevel",
  "3",
  "--shrinkLevel",
  "0",
  "--noAssert",
  "--converge",
  "--runtime",
  "stub",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory",
  "1",
  "--maximumMemory",
  "65536",
  "--memoryBase",
  "1024",
  "--enable",
  "simd",
  "--enable",
  "threads",
];

/** No relaxed SIMD, whose results differ between processors, unless asked for. */
const options = [...common, relaxed ? "--enable" : "--disable", "relaxed-simd"];
/** Of coarse-scan.ts, which says why it may. */
const coarseOptions = [...common, "--enable", "relaxed-simd"];

/** Of the generated file; another one is made again. */
const format = 3;

function sourceHash(): string {
  const hash = createHash("sha256");
  const { version } = createRequire(import.meta.url)("assemblyscript/package.json") as { version: string };
  hash.update(JSON.stringify([format, version, options, coarseOptions]));
  for (const name of readdirSync(sources)
    .filter((file) => file.endsWith(".ts"))
    .toSorted()) {
    hash.update(`\0${name}\0`).update(readFileSync(new URL(name, sources), "utf8").replaceAll("\r\n", "\n"));
  }
  return hash.digest("hex");
}

async function compile(entry: string, flags: readonly string[]): Promise<Uint8Array> {
  const { default: asc } = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await asc.main([entry, "--outFile", "kernels.wasm", ...flags], {
    readFile: (name, baseDirectory) => {
      const file = new URL(name, name.startsWith("node_modules/") ? root : new URL(`${baseDirectory}/`, sources));
      return existsSync(file) ? readFileSync(file, "utf8") : null;
    },
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
    stderr: { write: (chunk) => void messages.push(chunk.toString()) },
  });
  if (error !== null || binary === undefined) {
    throw new Error(`The kernels do not compile.\n${messages.join("")}`, { cause: error });
  }
  return binary;
}

const hash = sourceHash();
if (existsSync(generated) && readFileSync(generated, "utf8").includes(`"${hash}"`)) {
  console.log("kernels: up to date");
} else {
  const started = performance.now();
  const binary = await compile("index.ts", options);
  const coarse = await compile("coarse-scan.ts", coarseOptions);
  const temporary = new URL(`kernels.generated.ts.tmp-${String(process.pid)}`, generated);
  writeFileSync(
    temporary,
    `// Made by scripts/build-kernels.ts. Do not edit.\nexport const kernelsHash = "${hash}";\n` +
      `export const relaxedSimd: boolean = ${String(relaxed)};\n` +
      `export const kernelsBase64 =\n  "${Buffer.from(binary).toString("base64")}";\n` +
      `export const coarseScanBase64 =\n  "${Buffer.from(coarse).toString("base64")}";\n`,
  );
  renameSync(temporary, fileURLToPath(generated));
  console.log(
    `kernels: compiled ${String(binary.length + coarse.length)} bytes in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
