/** Starts a workspace's local target in a process of its own, so that tests can kill it: node local-engine.fixture.ts WORKSPACE */
import { startLocalTarget } from "./local-target.ts";

const target = await startLocalTarget(process.argv[2] ?? "", {
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
process.send?.({ url: target.postgresUrl });
process.on("message", () => void target.stop().then(() => process.exit(0)));
