/** The kernels of models of items: assembly/{item-gram,item-neighbours,slim,sweep}.ts, where each is described. */
export interface ItemKernels {
  gramToPanels(
    userStart: number,
    userItems: number,
    userValues: number,
    itemStart: number,
    itemUsers: number,
    itemValues: number,
    items: number,
    from: number,
    to: number,
    growth: number,
    ridge: number,
    matrix: number,
    n: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  gramToRows(
    userStart: number,
    userItems: number,
    userValues: number,
    itemStart: number,
    itemUsers: number,
    itemValues: number,
    items: number,
    from: number,
    to: number,
    out: number,
  ): void;
  sweepGather(matrix: number, n: number, width: number, state: number, block: number, v: number, square: number): void;
  sweepInvert(square: number, width: number, from: number, to: number, p: number, column: number): void;
  sweepScale(
    matrix: number,
    n: number,
    width: number,
    state: number,
    block: number,
    v: number,
    p: number,
    u: number,
  ): void;
  sweepCombine(width: number, state: number, block: number, panels: number, ofU: number, sums: number): void;
  sweepUpdate(
    matrix: number,
    n: number,
    width: number,
    state: number,
    block: number,
    v: number,
    u: number,
    sumsOfV: number,
    sumsOfU: number,
  ): void;
  sweepRows(matrix: number, n: number, items: number, from: number, to: number, scale: number, out: number): void;
  itemNeighbours(
    userStart: number,
    userItems: number,
    userValues: number,
    itemStart: number,
    itemUsers: number,
    itemValues: number,
    items: number,
    from: number,
    to: number,
    left: number,
    right: number,
    shrinkage: number,
    keep: number,
    outItems: number,
    outWeights: number,
    counts: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  slimItems(
    gram: number,
    items: number,
    from: number,
    to: number,
    l1: number,
    l2: number,
    positive: number,
    tolerance: number,
    sweeps: number,
    out: number,
    flags: number,
    slots: number,
    scratch: number,
    scratchBytes: number,
  ): void;
}
