import { useDidUpdate } from "@mantine/hooks";
import { elementScroll, useVirtualizer } from "@tanstack/react-virtual";
import type { Virtualizer } from "@tanstack/react-virtual";
import type { RefObject } from "react";

interface RowsInSightOptions {
  readonly count: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rowHeight: number;
  /** Of the scroller, pixels or as a style has it: as many rows are drawn before it was measured. */
  readonly height: number | string;
  /** Rows that are drawn beyond the edges. */
  readonly overscan: number;
  /** What a row is known by when others come before it; absent: its place. */
  readonly keyOf?: (index: number) => string | number;
}

/** Which of many rows are drawn: those in sight, and some beyond the edges. */
export function useRowsInSight({ count, scroller, rowHeight, height, overscan, keyOf }: RowsInSightOptions) {
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
    initialRect: { width: 0, height: typeof height === "number" ? height : window.innerHeight },
    observeElementRect: toldAfterLayout,
    scrollToFn: scrollElsewhere,
    // A scroll is drawn with the next frame, not within its own event.
    useFlushSync: false,
    ...(keyOf === undefined ? {} : { getItemKey: keyOf }),
  });
  useDidUpdate(() => virtual.measure(), [virtual, rowHeight]);
  return virtual;
}

/**
 * The browser tells the scroller's size when it has laid out the page. The library's own way asks for it while rows are being put in:
 * the page is laid out once more, and the rows are drawn in that very task.
 */
function toldAfterLayout(
  { scrollElement }: Virtualizer<HTMLDivElement, Element>,
  tell: (rect: { width: number; height: number }) => void,
): (() => void) | undefined {
  if (scrollElement === null) return undefined;
  const observer = new ResizeObserver(() =>
    tell({ width: scrollElement.offsetWidth, height: scrollElement.offsetHeight }),
  );
  observer.observe(scrollElement);
  return () => observer.disconnect();
}

/** To where it stands, it need not be scrolled: the page would be laid out for it while rows are being put in. */
const scrollElsewhere: typeof elementScroll = (offset, options, virtual) => {
  if (offset + (options.adjustments ?? 0) !== (virtual.scrollOffset ?? 0)) elementScroll(offset, options, virtual);
};
