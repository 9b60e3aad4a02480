import { kernelBytes } from "./kernel-bytes.ts";

/** The kernels of assembly/normal-equations.ts. */
export interface NormalKernels {
  addOuterProducts(matrix: number, stride: number, rows: number, count: number): void;
  choleskyUpper(matrix: number, n: number, stride: number, smallestPivot: number): void;
  mirror(matrix: number, n: number, stride: number, back: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** For callers that cannot wait for `kernelModule`: compiling takes some milliseconds of the thread's time, once. */
export function instantiateNormalKernels(memory: WebAssembly.Memory): NormalKernels {
  compiled ??= new WebAssembly.Module(kernelBytes());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as NormalKernels;
}
