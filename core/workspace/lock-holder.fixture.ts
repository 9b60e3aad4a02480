/** A process that takes a workspace's lock, says so, and stays until it is killed. */
import { lockWorkspace } from "./lock.ts";

const lock = lockWorkspace(process.argv[2] ?? "");
process.send?.("locked");
setInterval(() => lock, 60_000);
