/** The kernels of assembly/{plain-records,lines,columns,ordering}.ts, where each is described. */
export interface ColumnKernels {
  readPlainRecords(lane: number): void;
  widenTable(table: number, slots: number, count: number): void;
  mergeIds(table: number, from: number, to: number, into: number, ordinary: number, map: number): void;
  renumber(
    u: number,
    i: number,
    codes: number,
    from: number,
    to: number,
    users: number,
    items: number,
    ratings: number,
  ): void;
  countLines(bytes: number, length: number, result: number): void;
  encodeInts(
    column: number,
    rows: number,
    map: number,
    from: number,
    n: number,
    scratch: number,
    out: number,
    result: number,
  ): void;
  encodeBytes(
    column: number,
    rows: number,
    none: number,
    from: number,
    n: number,
    scratch: number,
    out: number,
    result: number,
  ): void;
  encodeTimes(
    column: number,
    rows: number,
    unit: number,
    from: number,
    n: number,
    scratch: number,
    out: number,
    result: number,
  ): void;
  encodeCodes(column: number, rows: number, width: number, from: number, n: number, out: number, result: number): void;
  encodeValues(
    column: number,
    rows: number,
    values: number,
    from: number,
    n: number,
    out: number,
    result: number,
  ): void;
  decodeInts(
    from: number,
    length: number,
    n: number,
    below: number,
    map: number,
    scratch: number,
    out: number,
    result: number,
  ): void;
  decodeTimes(from: number, length: number, n: number, scratch: number, out: number, result: number): void;
  decodeBytes(
    from: number,
    length: number,
    n: number,
    none: number,
    scratch: number,
    out: number,
    result: number,
  ): void;
  decodeCodes(from: number, length: number, n: number, size: number, map: number, out: number, result: number): void;
  decodeRatings(
    from: number,
    length: number,
    n: number,
    size: number,
    values: number,
    out: number,
    result: number,
  ): void;
  countRows(u: number, from: number, to: number, counts: number): void;
  findDescent(u: number, from: number, to: number, result: number): void;
  scatterToUsers(
    u: number,
    from: number,
    to: number,
    userFrom: number,
    userTo: number,
    next: number,
    rows: number,
  ): void;
  sortUsers(
    userFrom: number,
    userTo: number,
    start: number,
    rows: number,
    i: number,
    times: number,
    codes: number,
    values: number,
    keep: number,
    scratch: number,
    longest: number,
    kept: number,
    used: number,
  ): void;
  compactRows(userFrom: number, userTo: number, start: number, kept: number, rows: number, to: number): void;
  countPairs(
    userFrom: number,
    userTo: number,
    start: number,
    rows: number,
    i: number,
    seen: number,
    result: number,
  ): void;
  surveyRows(rows: number, codes: number, times: number, from: number, to: number, used: number, range: number): void;
  canonicalText(
    rows: number,
    from: number,
    to: number,
    u: number,
    i: number,
    codes: number,
    times: number,
    parts: number,
    users: number,
    userBytes: number,
    items: number,
    itemBytes: number,
    texts: number,
    textBytes: number,
    out: number,
    result: number,
  ): void;
}
