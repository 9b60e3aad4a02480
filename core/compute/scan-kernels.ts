/** The kernels of assembly/scan.ts; their layouts are in scan-index.ts. */
export interface ScanKernels {
  scanPanels(
    panels: number,
    pairs: number,
    from: number,
    to: number,
    scales: number,
    biases: number,
    panelNorms: number,
    panelBiases: number,
    queries: number,
    groups: number,
    states: number,
    pools: number,
    capacity: number,
    n: number,
    blocked: number,
    blockedBytes: number,
  ): void;
  scanPanelsOnce(
    panels: number,
    pairs: number,
    from: number,
    to: number,
    scales: number,
    biases: number,
    panelNorms: number,
    panelBiases: number,
    query: number,
    state: number,
    pool: number,
    capacity: number,
    n: number,
    blocked: number,
  ): void;
  finishScan(groups: number, states: number, pools: number, capacity: number, n: number): void;
  scoreTiles(
    panels: number,
    pairs: number,
    from: number,
    to: number,
    scales: number,
    biases: number,
    query: number,
    state: number,
    out: number,
    stride: number,
  ): void;
}
