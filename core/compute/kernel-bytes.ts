import { setFlagsFromString } from "node:v8";
import { coarseScanBase64, kernelsBase64, relaxedSimd } from "./kernels.generated.ts";

/**
 * The compiled modules. Whoever compiles one takes it from here, as in the relaxed build, which is asked for, V8 must have been told
 * before to join pairs of 128 bits to 256 (an experiment of V8's; the tiles of assembly/sweep.ts are cut for that): all threads of a
 * process share the code of equal bytes, so one compiling too early would leave all of them with the narrow one.
 */
export function kernelBytes(): Buffer {
  askForWideVectors();
  return Buffer.from(kernelsBase64, "base64");
}

/** Of assembly/coarse-scan.ts. */
export function coarseScanBytes(): Buffer {
  askForWideVectors();
  return Buffer.from(coarseScanBase64, "base64");
}

function askForWideVectors(): void {
  if (relaxedSimd) setFlagsFromString("--experimental-wasm-revectorize");
}
