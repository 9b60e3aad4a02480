import { useSyncExternalStore } from "react";
import type { z } from "zod";

/** A choice of the person's that is kept in this browser, the same in all windows. */
export interface StoredValue<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** What was stored is outside input: what does not fit the schema is forgotten. */
export function storedValue<T>(key: string, schema: z.ZodType<T>, initial: T): StoredValue<T> {
  const listeners = new Set<() => void>();
  const read = (): T => {
    try {
      const stored = localStorage.getItem(key);
      return stored === null ? initial : schema.parse(JSON.parse(stored));
    } catch {
      return initial;
    }
  };
  let value = read();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  // Told of what other windows store, never of one's own.
  window.addEventListener("storage", (event) => {
    if (event.key !== key && event.key !== null) return;
    value = read();
    tell();
  });
  return {
    get: () => value,
    set(next) {
      value = next;
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Storage is full or forbidden: the choice holds until the window is closed.
      }
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStoredValue<T>(value: StoredValue<T>): T {
  return useSyncExternalStore(value.subscribe, value.get);
}
