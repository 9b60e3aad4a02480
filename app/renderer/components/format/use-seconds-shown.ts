import { useState } from "react";
import { useNow } from "./use-now.ts";

/** Whole seconds since the component was first drawn. With what it waits for as its `key`, it counts anew for each. */
export function useSecondsShown(): number {
  const [from] = useState(() => Date.now());
  return Math.max(0, Math.floor((useNow(1000) - from) / 1000));
}
