import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

/** What comes below the button that was pressed, often below the window's edge: when it comes it is brought into view. */
export function InView({ children }: { readonly children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return <div ref={place}>{children}</div>;
}
