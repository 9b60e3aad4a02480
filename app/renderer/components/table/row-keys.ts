import { useEffect, useRef, useState } from "react";

interface RowKeysOptions {
  readonly count: number;
  readonly scrollTo: (index: number) => void;
  readonly onSpace?: (index: number) => unknown;
  readonly onEnter?: (index: number) => unknown;
}

/** One tab stop for all rows; arrows, Page Up/Down, Home and End walk through them, drawn or not. */
export function useRowKeys({ count, scrollTo, onSpace, onEnter }: RowKeysOptions) {
  const [active, setActive] = useState(0);
  const [wanted, setWanted] = useState<number | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const current = Math.min(active, Math.max(0, count - 1));

  useEffect(() => {
    if (wanted === null) return;
    // The row may be drawn a frame after it was scrolled to.
    const frame = requestAnimationFrame(() => {
      body.current?.querySelector<HTMLElement>(`tr[data-row="${String(wanted)}"]`)?.focus({ preventScroll: true });
      setWanted(null);
    });
    return () => cancelAnimationFrame(frame);
  });

  const go = (index: number) => {
    const bounded = Math.max(0, Math.min(count - 1, index));
    setActive(bounded);
    scrollTo(bounded);
    setWanted(bounded);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!(event.target instanceof HTMLTableRowElement)) return;
    const action = rowActions(event.key, current, count);
    if (action !== null) go(action);
    else if (event.key === " ") onSpace?.(current);
    else if (event.key === "Enter") onEnter?.(current);
    else return;
    event.preventDefault();
  };
  // Here and not at each row: rows that stay as they are need not be drawn again.
  const onFocus = (event: React.FocusEvent) => {
    const { row } = event.target.closest<HTMLElement>("tr[data-row]")?.dataset ?? {};
    if (row !== undefined) setActive(Number(row));
  };
  return {
    bodyProps: { ref: body, onKeyDown, onFocus },
    rowProps: (index: number) => ({ "data-row": index, tabIndex: index === current ? 0 : -1 }),
  };
}

function rowActions(key: string, current: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return current + 1;
    case "ArrowUp":
      return current - 1;
    case "PageDown":
      return current + 15;
    case "PageUp":
      return current - 15;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
