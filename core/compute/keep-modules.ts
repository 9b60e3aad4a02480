import { coarseScanModule } from "./coarse-scan.ts";
import { kernelModule } from "./kernels.ts";

/**
 * Keeps the kernels' machine code for as long as this process lives; for whoever starts threads that compile them. V8 gives all threads
 * that compile the same bytes the same code, so theirs is there already, with what was optimised before. And it is not freed
 * when the last of them ends: V8 aborts the process now and then where one thread frees code while another makes some
 * (`Check failed: jit_page.has_value()`, Node 18 to 24).
 */
export function keepKernelModules(): void {
  void kernelModule();
  void coarseScanModule();
}
