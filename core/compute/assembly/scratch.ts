/** Takes a free scratch for this call. There are as many as threads, so one is free. What it holds decides nothing. */
export function takeScratch(flags: usize, count: i32): i32 {
  while (true) {
    for (let slot = 0; slot < count; slot++) {
      if (atomic.cmpxchg<i32>(flags + ((<usize>slot) << 2), 0, 1) === 0) return slot;
    }
  }
}

export function freeScratch(flags: usize, slot: i32): void {
  atomic.store<i32>(flags + ((<usize>slot) << 2), 0);
}
