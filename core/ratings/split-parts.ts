/** The byte of each rating in `assignment.bin` (docs/reference/formats.md); for k-fold it is the fold's number instead. */
export const trainPart = 0;
export const testPart = 1;
export const unusedPart = 255;
