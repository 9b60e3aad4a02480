import type { AlternatingKernels } from "./alternating-kernels.ts";
import type { ColumnKernels } from "./column-kernels.ts";
import { kernelBytes } from "./kernel-bytes.ts";
import type { GibbsKernels } from "./gibbs-kernels.ts";
import type { GradientKernels } from "./gradient-kernels.ts";
import type { ItemKernels } from "./item-kernels.ts";
import type { ScanKernels } from "./scan-kernels.ts";

/**
 * What the compiled module exports (`assembly/`, where each kernel is described). Pointers are byte offsets into the
 * shared memory; `slot` is where a call leaves its share of a sum.
 */
export interface Kernels
  extends AlternatingKernels, ColumnKernels, GibbsKernels, ScanKernels, GradientKernels, ItemKernels {
  fillNearNormal(
    out: number,
    from: number,
    to: number,
    columns: number,
    stride: number,
    seed: number,
    stream: number,
    deviation: number,
  ): void;
  countCells(
    order: number,
    rowStart: number,
    items: number,
    itemBlock: number,
    from: number,
    to: number,
    counts: number,
  ): void;
  fillCells(
    order: number,
    rowStart: number,
    items: number,
    ratings: number,
    itemBlock: number,
    itemRank: number,
    from: number,
    to: number,
    cursors: number,
    outUsers: number,
    outItems: number,
    outRatings: number,
  ): void;
  sgdCell(
    users: number,
    items: number,
    ratings: number,
    from: number,
    to: number,
    userFactors: number,
    itemFactors: number,
    userBias: number,
    itemBias: number,
    stride: number,
    step: number,
    slot: number,
  ): void;
  biasSweep(
    rowStart: number,
    columns: number,
    ratings: number,
    columnBias: number,
    rowBias: number,
    mean: number,
    shrinkage: number,
    from: number,
    to: number,
    slot: number,
  ): void;
  countColumns(columns: number, from: number, to: number, counts: number): void;
  scatterRows(
    rowStart: number,
    columns: number,
    values: number,
    from: number,
    to: number,
    cursor: number,
    outRows: number,
    outValues: number,
  ): void;
  sparseTimesDense(
    rowStart: number,
    columns: number,
    values: number,
    x: number,
    y: number,
    width: number,
    from: number,
    to: number,
  ): void;
  addGramProduct(
    rowStart: number,
    columns: number,
    values: number,
    x: number,
    out: number,
    from: number,
    to: number,
  ): void;
  gram(x: number, width: number, from: number, to: number, bandFrom: number, bandTo: number, slot: number): void;
  denseTimesSmall(x: number, widthIn: number, t: number, widthOut: number, y: number, from: number, to: number): void;
  cholesky(matrix: number, n: number): void;
  choleskySolve(factor: number, n: number, x: number): void;
}

/** One call of one kernel: data, so that it can be handed to a worker. */
export interface KernelCall {
  readonly kernel: keyof Kernels;
  readonly arguments: readonly number[];
}

/** A kernel call, its arguments checked by the compiler. */
export function kernelCall<Name extends keyof Kernels>(kernel: Name, ...args: Parameters<Kernels[Name]>): KernelCall {
  return { kernel, arguments: args };
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiled once a process and shared with its workers, so that what V8 has optimised in one fit serves the next. */
export function kernelModule(): Promise<WebAssembly.Module> {
  return (compiled ??= WebAssembly.compile(kernelBytes()));
}

/** The kernels over one memory. Instantiating a module this small takes well under a millisecond. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
