import type { FitContext } from "./algorithm.ts";
import type { ServableModel } from "./servable.ts";

/** Where an iterative fit stands after `epoch` epochs. */
export interface FitState {
  readonly epoch: number;
  /** Seconds of fitting so far, earlier sittings included. */
  readonly seconds: number;
}

const secondsBetweenSaves = 5;
const format = 1;

/**
 * Saves and restores the arrays that an iterative fit carries from epoch to epoch, byte for byte: a resumed fit ends with
 * the bytes of an uninterrupted one. `key` names what must be equal for that (algorithm, hyperparameters, seed, shape);
 * a checkpoint with another key is not used.
 */
export class Checkpoints {
  private readonly context: FitContext;
  private readonly key: string;
  private readonly arrays: readonly (Float32Array | Float64Array)[];
  private startedAt = performance.now();
  private savedAt = performance.now();
  private secondsBefore = 0;

  constructor(context: FitContext, key: unknown, arrays: readonly (Float32Array | Float64Array)[]) {
    this.context = context;
    this.key = JSON.stringify([format, context.seed, key]);
    this.arrays = arrays;
  }

  /** Seconds of fitting so far, those before a resume included. */
  get seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }

  /** Fills the arrays from `context.resumeFrom` and returns the epochs already done: 0 when starting afresh. */
  restore(): number {
    const { resumeFrom } = this.context;
    if (resumeFrom === null) return 0;
    const read = decode(resumeFrom, this.key, this.arrays);
    if (read === null) {
      this.context.onProgress({
        done: 0,
        total: null,
        unit: "epochs",
        message: "The checkpoint belongs to another training or version; starting afresh",
      });
      return 0;
    }
    this.secondsBefore = read.seconds;
    return read.epoch;
  }

  /**
   * Saves when the last save is some seconds ago. True: the fit is to end here (`FitContext.isLast`, for which `model` makes the
   * model as it is, leaving what the fit computes in as it was).
   */
  async afterEpoch(epoch: number, model?: () => ServableModel): Promise<boolean> {
    const { isLast } = this.context;
    // What ends here is not saved: going on from it would lead past the end.
    if (model !== undefined && isLast !== undefined && (await isLast(epoch, model))) return true;
    if (performance.now() - this.savedAt < secondsBetweenSaves * 1000) return false;
    await this.context.saveCheckpoint(encode({ epoch, seconds: this.seconds }, this.key, this.arrays));
    this.savedAt = performance.now();
    return false;
  }
}

/** Layout: length of the header (u32), header (JSON), the arrays' bytes, which are views of the arrays. */
function encode(state: FitState, key: string, arrays: readonly (Float32Array | Float64Array)[]): Uint8Array[] {
  const header = new TextEncoder().encode(JSON.stringify({ key, epoch: state.epoch, seconds: state.seconds }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return [length, header, ...arrays.map(bytesOf)];
}

function decode(bytes: Uint8Array, key: string, arrays: readonly (Float32Array | Float64Array)[]): FitState | null {
  if (bytes.length < 4) return null;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const expected = 4 + headerLength + arrays.reduce((sum, array) => sum + array.byteLength, 0);
  if (bytes.length !== expected) return null;
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength)));
  if (header === null || header.key !== key) return null;
  let offset = 4 + headerLength;
  for (const array of arrays) {
    bytesOf(array).set(bytes.subarray(offset, offset + array.byteLength));
    offset += array.byteLength;
  }
  return header;
}

function parseHeader(text: string): (FitState & { readonly key: string }) | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { key, epoch, seconds } = value as Record<string, unknown>;
    return typeof key === "string" && typeof epoch === "number" && typeof seconds === "number"
      ? { key, epoch, seconds }
      : null;
  } catch {
    return null;
  }
}

function bytesOf(array: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
