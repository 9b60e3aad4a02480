/** OWASP Password Storage Cheat Sheet (argon2id, its second choice of equal strength): 19 MiB, two passes, one lane. */
export const argon2Parameters = { parallelism: 1, iterations: 2, memorySize: 19_456, hashLength: 32 } as const;

export type ToPasswordWorker = { readonly id: number; readonly password: string } & (
  | { readonly hash: string }
  | { readonly salt: Uint8Array }
);

export type FromPasswordWorker = { readonly id: number } & (
  | { readonly hash: string }
  | { readonly matches: boolean }
  | { readonly failure: string }
);
