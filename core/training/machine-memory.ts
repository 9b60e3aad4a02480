import { totalmem } from "node:os";
import process from "node:process";

/** Bytes of memory that this process can hope for: the machine's, or its container's (cgroup) where that is less. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
