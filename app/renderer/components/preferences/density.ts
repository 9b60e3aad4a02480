import { useEffect } from "react";
import { z } from "zod";
import { storedValue, useStoredValue } from "./stored-value.ts";

const density = z.enum(["compact", "comfortable"]);
export type Density = z.infer<typeof density>;

export const densityChoice = storedValue<Density>("reelbench.density", density, "compact");

/** Height of a row of a virtualised table, pixels. The stylesheets know the same two numbers. */
export function useRowHeight(): number {
  return useStoredValue(densityChoice) === "compact" ? 32 : 42;
}

/** Lets the stylesheets know. */
export function useDensity(): void {
  const chosen = useStoredValue(densityChoice);
  useEffect(() => {
    document.documentElement.dataset["density"] = chosen;
  }, [chosen]);
}
