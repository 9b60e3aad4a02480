/** Rows that a thread takes at a time: as many as one call of the scan, few enough that threads end together. */
export const rowsPerClaim = 64;
