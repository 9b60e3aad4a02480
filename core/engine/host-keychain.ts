import type { EngineMessage, HostMessage } from "../contract/engine-host.ts";
import { ReelbenchError } from "../contract/errors.ts";
import type { Keychain } from "../workspace/secrets.ts";

export interface HostKeychain extends Keychain {
  /** Give it every `secret-answer` that arrives from the host. */
  receive(message: HostMessage): void;
}

type Action = Extract<EngineMessage, { type: "secret" }>["action"];

/** A system may ask its owner to unlock the keychain; this long he may take. */
const answerMilliseconds = 120_000;

/** The keychain of the process at the other end of `send` (schemas: `contract/engine-host.ts`). Throws RB_UNAVAILABLE. */
export function hostKeychain(send: (message: EngineMessage) => void): HostKeychain {
  const waiting = new Map<number, (answer: Extract<HostMessage, { type: "secret-answer" }>) => void>();
  let next = 1;
  const ask = (action: Action, name: string, secret?: string) =>
    new Promise<string | null>((resolve, reject) => {
      const request = next++;
      const refuse = (why: string) => reject(new ReelbenchError("RB_UNAVAILABLE", `The system's keychain: ${why}`));
      const timer = setTimeout(() => {
        waiting.delete(request);
        refuse("it did not answer within two minutes.");
      }, answerMilliseconds);
      waiting.set(request, (answer) => {
        clearTimeout(timer);
        if (answer.error === null) resolve(answer.secret);
        else refuse(answer.error);
      });
      send({ type: "secret", request, action, name, ...(secret === undefined ? {} : { secret }) });
    });
  return {
    find: (name) => ask("find", name),
    keep: async (name, secret) => void (await ask("keep", name, secret)),
    forget: async (name) => void (await ask("forget", name)),
    receive(message) {
      if (message.type !== "secret-answer") return;
      const answered = waiting.get(message.request);
      waiting.delete(message.request);
      answered?.(message);
    },
  };
}
