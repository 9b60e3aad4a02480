import styles from "./film-map.module.css";
import type { MapFilms } from "./map-films.ts";
import type { Size } from "./map-view.ts";

interface MapOverlayProps {
  readonly size: Size;
  readonly place: (x: number, y: number) => readonly [number, number];
  readonly outline: readonly number[] | null;
  readonly marked: { readonly at: number; readonly title: string } | null;
  readonly hovered: number | null;
  readonly films: MapFilms;
}

/** What lies over the points: the film that is marked, the one under the pointer, the outline that chooses. */
export function MapOverlay({ size, place, outline, marked, hovered, films }: MapOverlayProps) {
  const placed = (at: number) => place(films.x[at] ?? 0, films.y[at] ?? 0);
  return (
    <svg className={styles["overlay"]} width={size.width} height={size.height} aria-hidden>
      {outline !== null && outline.length >= 4 && (
        <path
          d={`${path(outline, place)}Z`}
          fill="var(--rb-accent-text)"
          fillOpacity={0.08}
          stroke="var(--rb-accent-text)"
          strokeWidth={1.5}
          strokeDasharray="5 3"
        />
      )}
      {hovered !== null && <Ring at={placed(hovered)} radius={7} />}
      {marked !== null && <Mark at={placed(marked.at)} title={marked.title} size={size} />}
    </svg>
  );
}

function Ring({ at: [left, top], radius }: { readonly at: readonly [number, number]; readonly radius: number }) {
  return <circle cx={left} cy={top} r={radius} fill="none" stroke="var(--mantine-color-text)" strokeWidth={1.5} />;
}

function Mark({
  at: [left, top],
  title,
  size,
}: {
  readonly at: readonly [number, number];
  readonly title: string;
  readonly size: Size;
}) {
  const atRight = left > size.width - 220;
  return (
    <g>
      <circle cx={left} cy={top} r={9} fill="none" stroke="var(--rb-surface)" strokeWidth={5} />
      <circle cx={left} cy={top} r={9} fill="none" stroke="var(--mantine-color-text)" strokeWidth={2.5} />
      <text
        x={left + (atRight ? -15 : 15)}
        y={top + 4}
        textAnchor={atRight ? "end" : "start"}
        fontSize={12.5}
        fontWeight={600}
        fill="var(--mantine-color-text)"
        stroke="var(--rb-surface)"
        strokeWidth={4}
        paintOrder="stroke"
      >
        {title.length > 34 ? `${title.slice(0, 33)}…` : title}
      </text>
    </g>
  );
}

function path(outline: readonly number[], place: MapOverlayProps["place"]): string {
  let drawn = "";
  for (let at = 0; at + 1 < outline.length; at += 2) {
    const [left, top] = place(outline[at] ?? 0, outline[at + 1] ?? 0);
    drawn += `${at === 0 ? "M" : "L"}${left.toFixed(1)} ${top.toFixed(1)}`;
  }
  return drawn;
}
