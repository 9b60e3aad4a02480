/** The kernels of assembly/svdpp.ts, time-svd.ts, bpr.ts and shards.ts. */
export interface GradientKernels {
  svdppUsers(
    order: number,
    rowStart: number,
    items: number,
    ratings: number,
    from: number,
    to: number,
    userFactors: number,
    userBias: number,
    itemFactors: number,
    implicitFactors: number,
    itemBias: number,
    stride: number,
    step: number,
    scratch: number,
    slot: number,
  ): void;
  timeSvdUsers(
    order: number,
    rowStart: number,
    from: number,
    to: number,
    places: number,
    stride: number,
    step: number,
    scratch: number,
    slot: number,
  ): void;
  bprUsers(
    order: number,
    rowStart: number,
    items: number,
    from: number,
    to: number,
    itemCount: number,
    userFactors: number,
    itemFactors: number,
    itemBias: number,
    stride: number,
    step: number,
    seed: number,
    slot: number,
  ): void;
  mergeRows(
    common: number,
    copies: number,
    copyBytes: number,
    shards: number,
    rowBytes: number,
    blend: number,
    from: number,
    to: number,
  ): void;
  mergeScalars(
    common: number,
    copies: number,
    copyBytes: number,
    shards: number,
    blend: number,
    from: number,
    to: number,
  ): void;
}
