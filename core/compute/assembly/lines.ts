// Counts lines: the proof that reading records (plain-records.ts, with which this shares nothing) has lost none.

const LINE_FEED: u32 = 10;

/** Lines of a piece that ends with a line end (i32 at `result`), and those of them that hold something besides spaces, tabs and CR. */
export function countLines(bytes: usize, length: i32, result: usize): void {
  const end = bytes + length;
  const feeds = i8x16.splat(<i8>LINE_FEED);
  let lines = 0;
  let records = 0;
  for (let block = bytes; block < end; block += 16) {
    let found: u32 = i8x16.bitmask(i8x16.eq(v128.load(block), feeds));
    const left = end - block;
    if (left < 16) found &= (1 << <u32>left) - 1;
    lines += <i32>popcnt(found);
    for (; found != 0; found &= found - 1) if (holdsSomething(bytes, block + ctz(found))) records++;
  }
  store<i32>(result, lines);
  store<i32>(result, records, 4);
}

/** Whether the line that ends before `feed` does. */
function holdsSomething(bytes: usize, feed: usize): bool {
  for (let at = feed; at > bytes; at--) {
    const byte: u32 = load<u8>(at - 1);
    if (byte == LINE_FEED) return false;
    if (byte != 32 && byte != 9 && byte != 13) return true;
  }
  return false;
}
