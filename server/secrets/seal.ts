import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { ReelbenchError } from "../../core/contract/errors.ts";

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/**
 * AES-256-GCM: nonce (12) ‖ ciphertext ‖ tag (16). `context` says what the plaintext belongs to (table, column, row); it is
 * not stored, and text moved to another row or column does not open.
 */
export function sealBytes(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  checkKey(key);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(context, "utf8"));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws RB_CORRUPT when the key, the context or a single bit is another than when it was sealed. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  checkKey(key);
  const fail = (cause?: unknown) =>
    new ReelbenchError("RB_CORRUPT", `What is sealed for ${context.split(" ")[0] ?? ""} cannot be opened.`, { cause });
  if (sealed.length < nonceBytes + tagBytes) throw fail();
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), decipher.final()]);
  } catch (error) {
    throw fail(error);
  }
}

function checkKey(key: Uint8Array): void {
  if (key.length !== keyBytes) throw new ReelbenchError("RB_INTERNAL", "A sealing key has 32 bytes.");
}
