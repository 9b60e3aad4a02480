// Kernels compiled to WebAssembly SIMD128. Conventions: pointers are byte offsets into the one imported shared memory, the
// caller owns every buffer, nothing is allocated, and a call touches only the rows it is given, so that calls over
// disjoint rows may run on any number of threads with the same result. Plain TypeScript twins: ../reference.ts.
export { fillNearNormal } from "./random";
export { countCells, fillCells, sgdCell } from "./sgd";
export { svdppUsers } from "./svdpp";
export { timeSvdUsers } from "./time-svd";
export { bprUsers } from "./bpr";
export { mergeRows, mergeScalars } from "./shards";
export { biasSweep } from "./biases";
export { countColumns, scatterRows, sparseTimesDense } from "./sparse";
export { gram, denseTimesSmall } from "./dense";
export { cholesky, choleskySolve } from "./cholesky";
export { residualGoals } from "./goals";
export { ialsRows } from "./ials";
export { gramTall, rotateRows } from "./tall";
export { addDirections, rankRow, relevantAbove } from "./rank";
export { finishScan, refinePanels, scanPanels, scanPanelsOnce, scoreTiles } from "./scan";
export { naturalLog, normals, standardGamma, uniformIndices } from "./gaussian";
export { gibbsFeatures, gibbsRows, gramOfRows } from "./gibbs";
export { addOuterProducts, choleskyUpper, mirror } from "./normal-equations";
export { crossF64, multiplyF64 } from "./small";
export {
  reflectFour,
  reflectVectors,
  rotatePanel,
  rotateVectors,
  tridiagonalQl,
  tridiagonalise,
  updateAndMultiply,
} from "./eigen";
export { gramToPanels, gramToRows } from "./item-gram";
export { sweepCombine, sweepGather, sweepInvert, sweepRows, sweepScale, sweepUpdate } from "./sweep";
export { itemNeighbours } from "./item-neighbours";
export { slimItems } from "./slim";
export { addGramProduct } from "./gram-product";
export { mergeIds, readPlainRecords, renumber, widenTable } from "./plain-records";
export { countLines } from "./lines";
export {
  decodeBytes,
  decodeCodes,
  decodeInts,
  decodeRatings,
  decodeTimes,
  encodeBytes,
  encodeCodes,
  encodeInts,
  encodeTimes,
  encodeValues,
} from "./columns";
export {
  canonicalText,
  compactRows,
  countPairs,
  countRows,
  findDescent,
  scatterToUsers,
  sortUsers,
  surveyRows,
} from "./ordering";
