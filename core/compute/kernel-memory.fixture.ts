import { instantiateKernels, kernelModule } from "./kernels.ts";
import type { Kernels } from "./kernels.ts";
import { allocateShared } from "./memory-layout.ts";

/** Kernels over a memory of which room is handed out from the front, each place aligned and with 32 bytes behind it. */
export interface KernelMemory {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  /** A copy of the array in the memory; where it lies. */
  place(array: ArrayBufferView): number;
  /** So many bytes of nonsense. */
  room(bytes: number): number;
  float32(at: number, length: number): Float32Array;
  float64(at: number, length: number): Float64Array;
  int32(at: number, length: number): Int32Array;
  bytes(at: number, length: number): Uint8Array;
}

const alignment = 64;

export async function openKernelMemory(bytes = 4 * 2 ** 20): Promise<KernelMemory> {
  const memory = allocateShared(bytes);
  let used = 65_536;
  const room = (size: number): number => {
    const at = used;
    used += Math.ceil((size + 32) / alignment) * alignment;
    if (used > bytes) throw new Error("the test's memory is too small");
    // Whoever reads what nobody wrote gets NaN, or numbers far too large.
    new Uint8Array(memory.buffer, at, used - at).fill(0xff);
    return at;
  };
  return {
    kernels: instantiateKernels(await kernelModule(), memory),
    memory,
    room,
    place(array) {
      const at = room(array.byteLength);
      new Uint8Array(memory.buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
      return at;
    },
    float32: (at, length) => new Float32Array(memory.buffer, at, length),
    float64: (at, length) => new Float64Array(memory.buffer, at, length),
    int32: (at, length) => new Int32Array(memory.buffer, at, length),
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
  };
}
