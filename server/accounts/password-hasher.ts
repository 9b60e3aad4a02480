import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { entryUrl } from "../../core/runtime-paths.ts";
import type { FromPasswordWorker, ToPasswordWorker } from "./password-parameters.ts";

/** argon2id in a thread of its own, started when first needed. */
export interface PasswordHasher {
  /** PHC string. Throws RB_UNAVAILABLE when too many wait. */
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
  /** Takes as long as verifying: for logins whose address has no account. */
  verifyNothing(password: string): Promise<false>;
  close(): Promise<void>;
}

type Request = { readonly password: string } & ({ readonly hash: string } | { readonly salt: Uint8Array });

const waitingLimit = 64;
const saltBytes = 16;

export function createPasswordHasher(): PasswordHasher {
  const waiting = new Map<number, { resolve: (answer: FromPasswordWorker) => void; reject: (error: Error) => void }>();
  let worker: Worker | null = null;
  let nextId = 1;

  function thread(): Worker {
    if (worker !== null) return worker;
    const started = new Worker(entryUrl("server-passwords"));
    started.on("message", (answer: FromPasswordWorker) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    const lost = (cause: unknown) => {
      if (worker !== started) return;
      worker = null;
      for (const { reject } of waiting.values())
        reject(new ReelbenchError("RB_UNAVAILABLE", "The thread that checks passwords ended.", { cause }));
      waiting.clear();
    };
    started.once("error", lost);
    started.once("exit", (code) => lost(new Error(`It ended with ${code}.`)));
    started.unref();
    worker = started;
    return started;
  }

  function ask(request: Request): Promise<FromPasswordWorker> {
    if (waiting.size >= waitingLimit)
      throw new ReelbenchError("RB_UNAVAILABLE", "Too many passwords wait to be checked.", {
        details: { retryAfter: 2 },
      });
    const id = nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      thread().postMessage({ id, ...request } satisfies ToPasswordWorker);
    });
  }

  const hash = async (password: string): Promise<string> => {
    const answer = await ask({ password, salt: randomBytes(saltBytes) });
    if ("hash" in answer) return answer.hash;
    throw new ReelbenchError("RB_INTERNAL", "failure" in answer ? answer.failure : "No hash was made.");
  };

  return {
    hash,
    async verify(password, stored) {
      const answer = await ask({ password, hash: stored });
      if ("matches" in answer) return answer.matches;
      throw new ReelbenchError("RB_CORRUPT", "A stored password hash cannot be read.");
    },
    async verifyNothing(password) {
      await hash(password);
      return false;
    },
    async close() {
      const ending = worker;
      worker = null;
      await ending?.terminate();
    },
  };
}
