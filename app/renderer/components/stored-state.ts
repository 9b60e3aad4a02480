import { useState } from "react";
import type { z } from "zod";

/** State that is kept in this browser. What was stored is outside input: what does not fit the schema is forgotten. */
export function useStoredState<T>(key: string, schema: z.ZodType<T>, initial: T): readonly [T, (value: T) => void] {
  const [value, setValue] = useState(() => readStored(key, schema) ?? initial);
  const store = (next: T) => {
    setValue(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // Storage is full or forbidden: the choice holds until the window is closed.
    }
  };
  return [value, store];
}

function readStored<T>(key: string, schema: z.ZodType<T>): T | undefined {
  try {
    const stored = localStorage.getItem(key);
    return stored === null ? undefined : schema.parse(JSON.parse(stored));
  } catch {
    return undefined;
  }
}
