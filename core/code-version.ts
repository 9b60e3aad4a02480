import { relaxedSimd } from "./compute/kernels.generated.ts";
import { version } from "./version.ts";

/**
 * What computed a run, kept with it: the version, and the build of the kernels where that is not the one whose results are the
 * same on every processor (`REELBENCH_RELAXED_SIMD=1 npm run build`).
 */
export const codeVersion = relaxedSimd ? `${version}+relaxed-simd` : version;
