/** The kernel of assembly/records.ts. */
export interface RecordKernels {
  readRecords(
    bytes: number,
    length: number,
    final: number,
    delimiter: number,
    width: number,
    user: number,
    item: number,
    rating: number,
    time: number,
    ordinary: number,
    fields: number,
    users: number,
    items: number,
    lines: number,
    us: number,
    is: number,
    ratings: number,
    times: number,
    state: number,
  ): number;
}
