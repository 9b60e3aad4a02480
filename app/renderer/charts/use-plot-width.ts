import { useElementSize } from "@mantine/hooks";
import { useDeferredValue } from "react";

/** The width of the place for a plot, 0 until it was measured. What is drawn to it is drawn in pieces, between which the page answers. */
export function usePlotWidth() {
  const { ref, width } = useElementSize();
  return { ref, width: useDeferredValue(width) };
}
