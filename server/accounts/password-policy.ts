import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";
import { ReelbenchError } from "../../core/contract/errors.ts";

export const shortestPassword = 8;
/** Long enough for any passphrase, short enough not to be work for argon2. */
export const longestPassword = 128;
/** zxcvbn: 3 is "safely unguessable" (more than 10⁸ guesses). */
const leastScore = 3;

let strength: ZxcvbnFactory | null = null;

/** NFKC, so that the same password typed on another keyboard is the same bytes (NIST SP 800-63B §5.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
}

/**
 * No rules about kinds of characters: length, and not easily guessed, common passwords and the person's own details
 * included (OWASP ASVS 5.0, V6.2). Throws RB_INVALID_INPUT.
 */
export function checkPassword(normalized: string, personal: readonly string[], field = "password"): void {
  const { length } = normalized;
  if (length < shortestPassword) throw weak(field, `must have at least ${shortestPassword} characters`);
  if (length > longestPassword) throw weak(field, `must have at most ${longestPassword} characters`);
  strength ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const details = personal
    .flatMap((text) => [text, ...text.split("@"), ...text.split(/[@.\s+_-]+/)])
    .filter((text) => text.length > 2);
  const { score } = strength.check(normalized, ["reelbench", ...details]);
  if (score < leastScore)
    throw weak(field, "is too easy to guess: use something longer, such as several unrelated words");
}

function weak(field: string, message: string): ReelbenchError {
  return new ReelbenchError("RB_INVALID_INPUT", `The password ${message}.`, {
    details: { errors: [{ in: "body", path: field, message }] },
  });
}
