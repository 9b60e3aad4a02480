import { useState } from "react";

/**
 * Whether somebody has pointed at a plot or moved the focus into it: what only then says something (the charting library's tooltip,
 * which is measured and placed with the plot) need not be drawn before.
 */
export function usePointedAt() {
  const [isPointedAt, setPointedAt] = useState(false);
  const point = () => setPointedAt(true);
  return { isPointedAt, pointing: { onPointerEnter: point, onFocusCapture: point } };
}
