import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { stripTypeScriptTypes } from "node:module";

/*
 * A thread that runs TypeScript as it lies there compiles the WebAssembly module that strips its types; in a test's process only
 * threads do. Kept by the main thread from the first of them on, its machine code is not freed when the last of them ends: V8
 * aborts the process (SIGTRAP) now and then where one thread frees code while another makes some (`core/compute/keep-modules.ts`).
 */
subscribe("worker_threads", function keep() {
  unsubscribe("worker_threads", keep);
  stripTypeScriptTypes("");
});
