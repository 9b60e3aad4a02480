import { parentPort } from "node:worker_threads";
import { argon2Verify, argon2id } from "hash-wasm";
import { argon2Parameters } from "./password-parameters.ts";
import type { FromPasswordWorker, ToPasswordWorker } from "./password-parameters.ts";

// Argon2 takes tens of milliseconds of arithmetic by design: never on the thread that answers requests.
parentPort?.on("message", (message: ToPasswordWorker) => {
  void work(message).then((answer) => parentPort?.postMessage(answer));
});

async function work(message: ToPasswordWorker): Promise<FromPasswordWorker> {
  const { id, password } = message;
  try {
    if ("hash" in message) return { id, matches: await argon2Verify({ password, hash: message.hash }) };
    return { id, hash: await argon2id({ ...argon2Parameters, password, salt: message.salt, outputType: "encoded" }) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}
