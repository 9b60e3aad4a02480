import type { ReactNode } from "react";
import { useTurn } from "./draw-in-turn.ts";

interface InTurnProps {
  readonly children: ReactNode;
  /** What it takes, pixels or as a style has it, so that nothing jumps when it is drawn. */
  readonly height?: number | string;
}

/** What is drawn in a turn of its own: the charts whose places were measured together would be drawn together, too. */
export function InTurn({ children, height = "100%" }: InTurnProps) {
  return useTurn() ? children : <div aria-busy style={{ height }} />;
}
