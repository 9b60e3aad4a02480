import { z } from "zod";
import { useStoredState } from "../stored-state.ts";
import type { ColumnLayout } from "./data-table.tsx";

const layout = z.object({ hidden: z.array(z.string()), pinned: z.array(z.string()), order: z.array(z.string()) });

/** A table's columns as they were left. */
export function useColumnLayout(table: string, initial: ColumnLayout) {
  return useStoredState<ColumnLayout>(`reelbench:columns:${table}`, layout, initial);
}
