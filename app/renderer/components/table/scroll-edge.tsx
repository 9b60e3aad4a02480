import { useEffect } from "react";
import type { RefObject } from "react";
import styles from "./data-table.module.css";

/** The right edge of what scrolls, shaded while there is more beyond it: a column that is cut may look whole. */
export function ScrollEdge({ of }: { readonly of: RefObject<HTMLElement | null> }) {
  useEffect(() => {
    const scroller = of.current;
    const frame = scroller?.parentElement;
    if (scroller === null || frame === null || frame === undefined) return undefined;
    const look = () => {
      const beyond = scroller.scrollWidth - scroller.clientWidth - scroller.scrollLeft;
      frame.toggleAttribute("data-more", beyond > 1);
      // Beside and above its bars, not over them.
      const { clientLeft, clientTop } = scroller;
      const right = scroller.offsetWidth - scroller.clientWidth - 2 * clientLeft;
      const bottom = scroller.offsetHeight - scroller.clientHeight - 2 * clientTop;
      frame.style.setProperty("--bar-right", `${String(right)}px`);
      frame.style.setProperty("--bar-bottom", `${String(bottom)}px`);
    };
    scroller.addEventListener("scroll", look, { passive: true });
    // It is told what it observes once the page is laid out for the first time, too.
    const resized = new ResizeObserver(look);
    for (const element of [scroller, ...scroller.children]) resized.observe(element);
    return () => {
      scroller.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, [of]);
  return <div className={styles["edge"]} aria-hidden />;
}
