import type { EngineMessage, HostMessage } from "../../../core/contract/engine-host.ts";
import type { SecretStore } from "../keychain.ts";

type Question = Extract<EngineMessage, { readonly type: "secret" }>;
type Answer = Extract<HostMessage, { readonly type: "secret-answer" }>;

/** Does with the keychain what the engine asks for. What goes wrong is told in words that hold no secret. */
export function answerSecret(keychain: SecretStore | null, { request, action, name, secret }: Question): Answer {
  const answer = (found: string | null, error: string | null): Answer => ({
    type: "secret-answer",
    request,
    secret: found,
    error,
  });
  if (keychain === null) return answer(null, "this system has none.");
  try {
    if (action === "find") return answer(keychain.find(name), null);
    if (action === "forget") keychain.forget(name);
    else if (secret === undefined) return answer(null, "nothing was given to keep.");
    else keychain.keep(name, secret);
    return answer(null, null);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return answer(
      null,
      typeof code === "string"
        ? `its file cannot be used (${code}).`
        : action === "find"
          ? "it does not open what was kept; another user or system may have kept it. Save the target again with its password."
          : "it would not keep the secret.",
    );
  }
}
