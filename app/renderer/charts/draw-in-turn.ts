import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

/** Milliseconds of drawing between two frames: the rest of a frame belongs to the person. */
const patience = 8;

const waiting = new Set<() => void>();
let isScheduled = false;

/**
 * False at first, true when it is this one's turn: what is costly to draw is drawn one after the other, in the order of the page,
 * with room for a frame and for clicks between them. All of it is drawn in the end, also what is not in sight: it can be searched,
 * printed and walked through with keys.
 */
export function useTurn(): boolean {
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    const draw = () => setDrawn(true);
    waiting.add(draw);
    schedule();
    window.addEventListener("beforeprint", drawAll);
    return () => void waiting.delete(draw);
  }, []);
  return isDrawn;
}

function schedule(): void {
  if (isScheduled || waiting.size === 0) return;
  isScheduled = true;
  setTimeout(drawSome, 0);
}

function drawSome(): void {
  isScheduled = false;
  const until = performance.now() + patience;
  for (const draw of waiting) {
    waiting.delete(draw);
    // Else all that have had their turn would be drawn together, in one task.
    flushSync(draw);
    if (performance.now() > until) break;
  }
  schedule();
}

/** Who prints does not wait. */
function drawAll(): void {
  const all = [...waiting];
  waiting.clear();
  flushSync(() => all.forEach((draw) => draw()));
}
