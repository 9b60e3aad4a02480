import { relaxedSimd } from "../core/compute/kernels.generated.ts";

/**
 * Says which build of the kernels is measured, and ends the process where REELBENCH_RELAXED_SIMD=1 asks for the relaxed one and the
 * other is there: the variable counts when kernels are built, not when they run, and a figure must not claim what it did not measure.
 */
export function requireAskedKernels(): void {
  if (process.env["REELBENCH_RELAXED_SIMD"] === "1" && !relaxedSimd) {
    console.error(
      "REELBENCH_RELAXED_SIMD=1 asks for the relaxed kernels, but those that are built are the default ones. " +
        "Build them first: REELBENCH_RELAXED_SIMD=1 node scripts/build-kernels.ts",
    );
    process.exit(2);
  }
  console.log(`kernels: ${relaxedSimd ? "relaxed SIMD" : "default"} build`);
}
