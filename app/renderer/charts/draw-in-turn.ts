import { startTransition, useEffect, useState } from "react";
import { flushSync } from "react-dom";

type Draw = (isDrawn: true) => void;

const waiting = new Set<Draw>();
let drawing: Draw | null = null;
let isScheduled = false;

/**
 * False at first, true when it is this one's turn: what is costly to draw is drawn one after the other, in the order of the page,
 * each in pieces, with room for a frame and for clicks between them. All of it is drawn in the end, also what is not in sight: it
 * can be searched, printed and walked through with keys.
 */
export function useTurn(): boolean {
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    // What is shown again was drawn before.
    if (isDrawn) return undefined;
    waiting.add(setDrawn);
    schedule();
    window.addEventListener("beforeprint", drawAll);
    return () => {
      waiting.delete(setDrawn);
      window.removeEventListener("beforeprint", drawAll);
      next(setDrawn);
    };
  }, [isDrawn]);
  return isDrawn;
}

function schedule(): void {
  if (isScheduled || drawing !== null || waiting.size === 0) return;
  isScheduled = true;
  setTimeout(drawOne, 0);
}

function drawOne(): void {
  isScheduled = false;
  const [draw] = waiting;
  if (draw === undefined || drawing !== null) return;
  waiting.delete(draw);
  drawing = draw;
  startTransition(() => draw(true));
}

/** `draw` is done, or will not be. */
function next(draw: Draw): void {
  if (drawing !== draw) return;
  drawing = null;
  schedule();
}

/** Who prints does not wait. */
function drawAll(): void {
  const all = drawing === null ? [...waiting] : [drawing, ...waiting];
  waiting.clear();
  flushSync(() => all.forEach((draw) => draw(true)));
}
