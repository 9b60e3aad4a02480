import { z } from "zod";

/** The keys that wrap all others. The first wraps what is new; the rest still open what they wrapped. */
export interface MasterKeys {
  readonly current: MasterKey;
  find(id: string): MasterKey | undefined;
}

export interface MasterKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const entry = /^([a-zA-Z0-9_.-]{1,40}):([A-Za-z0-9+/]{43}=|[A-Za-z0-9_-]{43})$/;

/** `id:key[,id:key…]`, each key 32 bytes as base64 (`openssl rand -base64 32`). */
export const masterKeysText = z.string().transform((text, context): MasterKeys => {
  const keys = text
    .split(/[,\s]+/)
    .filter((part) => part !== "")
    .map((part) => entry.exec(part));
  const parsed = keys.flatMap((match) =>
    match === null ? [] : [{ id: match[1] ?? "", key: Buffer.from(match[2] ?? "", "base64") }],
  );
  const [current] = parsed;
  if (current === undefined || parsed.length !== keys.length) {
    context.addIssue({
      code: "custom",
      message: "must be id:key, with a key of 32 bytes as base64; several with commas between",
    });
    return z.NEVER;
  }
  if (new Set(parsed.map(({ id }) => id)).size !== parsed.length) {
    context.addIssue({ code: "custom", message: "must not name two keys alike" });
    return z.NEVER;
  }
  return { current, find: (id) => parsed.find((key) => key.id === id) };
});
