import { ReelbenchError } from "../contract/errors.ts";

/** Part of the shared memory: `length` elements from byte `offset` on. */
export interface Region {
  readonly offset: number;
  readonly length: number;
}

const pageBytes = 65_536;
const alignment = 64;
/** wasm32's pointers reach 4 GiB; the last page stays unused so that no end of a region wraps to zero. */
export const largestMemory = 65_535 * pageBytes;

/** Plans a memory before there is one, so that the cost of a fit and its allocation come from the same lines. */
export class MemoryLayout {
  // AssemblyScript keeps its (empty) static data below this.
  private end = 4096;

  get bytes(): number {
    return Math.ceil(this.end / pageBytes) * pageBytes;
  }

  reserve(length: number, elementBytes: 1 | 4 | 8): Region {
    const region = { offset: this.end, length };
    this.end = Math.ceil((this.end + length * elementBytes) / alignment) * alignment;
    return region;
  }

  float32(length: number): Region {
    return this.reserve(length, 4);
  }

  float64(length: number): Region {
    return this.reserve(length, 8);
  }

  int32(length: number): Region {
    return this.reserve(length, 4);
  }

  uint8(length: number): Region {
    return this.reserve(length, 1);
  }
}

/**
 * A shared memory of exactly that size, so that views stay valid; with `most`, one that its owner may grow up to there.
 * @throws ReelbenchError RB_TRAIN_TOO_LARGE when wasm32 or this machine cannot hold it.
 */
export function allocateShared(bytes: number, most = bytes): WebAssembly.Memory {
  const pages = Math.ceil(bytes / pageBytes);
  if (bytes > largestMemory)
    throw new ReelbenchError(
      "RB_TRAIN_TOO_LARGE",
      `${inGiB(bytes)} are needed in one memory; it holds 4.0 GiB at most.`,
    );
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: Math.ceil(most / pageBytes), shared: true });
  } catch (cause) {
    throw new ReelbenchError("RB_TRAIN_TOO_LARGE", `The system would not give ${inGiB(bytes)} of memory.`, { cause });
  }
}

export function inGiB(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

export const float32View = (memory: WebAssembly.Memory, region: Region): Float32Array =>
  new Float32Array(memory.buffer, region.offset, region.length);
export const float64View = (memory: WebAssembly.Memory, region: Region): Float64Array =>
  new Float64Array(memory.buffer, region.offset, region.length);
export const int32View = (memory: WebAssembly.Memory, region: Region): Int32Array =>
  new Int32Array(memory.buffer, region.offset, region.length);
export const uint8View = (memory: WebAssembly.Memory, region: Region): Uint8Array =>
  new Uint8Array(memory.buffer, region.offset, region.length);
