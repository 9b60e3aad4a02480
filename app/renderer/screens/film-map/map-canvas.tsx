import { ActionIcon, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconFocusCentered, IconMinus, IconPlus } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useId, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import styles from "./film-map.module.css";
import { createMapPainter } from "./map-painter.ts";
import type { MapPainter, MapScene } from "./map-painter.ts";
import { MapOverlay } from "./map-overlay.tsx";
import { boxOf, fit, panned, toMap, toScreen, viewForLink, viewFromLink, zoomed } from "./map-view.ts";
import type { Box, MapView, Size } from "./map-view.ts";
import { pointGrid } from "./point-grid.ts";

export type MapTool = "move" | "lasso";
export type LinkedView = readonly [x: number, y: number, zoom: number];

/** What others on the screen may ask of the map. */
export interface MapHandle {
  centreOn(at: number): void;
  /** What is seen now, in the map's own units. */
  seen(): Box | null;
  readonly view: () => { readonly view: MapView; readonly whole: MapView; readonly size: Size } | null;
}

interface MapCanvasProps {
  readonly ref: React.Ref<MapHandle>;
  readonly scene: MapScene;
  readonly label: string;
  readonly height: number;
  readonly tool: MapTool;
  readonly marked: number | null;
  /** Corners of the outline that chose films. */
  readonly outline: readonly number[] | null;
  /** Where it begins; null: all of it. */
  readonly start: LinkedView | null;
  readonly reading: (at: number) => ReactNode;
  readonly onPick: (at: number) => void;
  readonly onMark: (at: number) => void;
  readonly onLasso: (outline: readonly number[]) => void;
  readonly onClear: () => void;
  /** The view has come to rest; null: all of the map. */
  readonly onRest: (view: LinkedView | null) => void;
}

/** The drawing itself: pan, zoom, point, lasso, by pointer and by keyboard. */
export function MapCanvas(props: MapCanvasProps) {
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} style={{ height: props.height }}>
      {width > 0 && <Surface {...props} size={{ width, height: props.height }} />}
    </div>
  );
}

const reach = 12;
const step = 60;
const restAfter = 350;

interface Drag {
  readonly kind: "pan" | "lasso";
  readonly startX: number;
  readonly startY: number;
  lastX: number;
  lastY: number;
  moved: boolean;
}

function Surface({ size, ...props }: MapCanvasProps & { readonly size: Size }) {
  const { scene, label, tool, marked, outline, start, reading, onPick, onMark, onLasso, onClear, onRest } = props;
  const { films, of, colors } = scene;
  const box = useMemo(() => boxOf(films.x, films.y), [films]);
  const whole = fit(box, size);
  const grid = useMemo(() => pointGrid(films.x, films.y), [films]);
  // Null: all of the map, whatever the window's size.
  const [own, setOwn] = useState<LinkedView | null>(start);
  const view = own === null ? whole : viewFromLink(own, whole);
  const [hovered, setHovered] = useState<number | null>(null);
  const [drawn, setDrawn] = useState<readonly number[] | null>(null);
  const [busy, setBusy] = useState(false);
  const drag = useRef<Drag | null>(null);
  const keysId = useId();
  const surface = useRef<HTMLButtonElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<MapPainter | null>(null);

  const look = (next: MapView) => setOwn([next.x, next.y, next.scale / whole.scale]);
  const isShown = (at: number) => colors[of[at] ?? 0] != null;
  const under = (left: number, top: number) =>
    grid.nearest(...toMap(view, size, left, top), reach / view.scale, isShown);

  useEffect(() => {
    if (canvas.current === null) return undefined;
    const made = createMapPainter(canvas.current);
    painter.current = made;
    return () => made.stop();
  }, []);
  useEffect(() => painter.current?.show(scene, view, size));

  const rest = useEffectEvent(() => onRest(own === null ? null : viewForLink(view, whole)));
  const restKey = own?.join(" ") ?? "";
  const first = useRef(restKey);
  useEffect(() => {
    if (first.current === restKey) return undefined;
    first.current = restKey;
    const timer = setTimeout(rest, restAfter);
    return () => clearTimeout(timer);
  }, [restKey]);

  useImperativeHandle(props.ref, () => ({
    centreOn: (at) => {
      const close = Math.max(view.scale, whole.scale * 3);
      look({ x: films.x[at] ?? 0, y: films.y[at] ?? 0, scale: close });
    },
    seen: () => {
      const [x0, y1] = toMap(view, size, 0, 0);
      const [x1, y0] = toMap(view, size, size.width, size.height);
      return { x0, y0, x1, y1 };
    },
    view: () => ({ view, whole, size }),
  }));

  // React listens to wheels passively; this one must keep the page from scrolling.
  const onWheel = useEffectEvent((event: WheelEvent) => {
    const [left, top] = placeIn(surface.current, event);
    look(zoomed(view, size, whole, Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), left, top));
  });
  useEffect(() => {
    const element = surface.current;
    const listen = (event: WheelEvent) => {
      event.preventDefault();
      onWheel(event);
    };
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, []);

  const pointer = {
    onPointerDown: (event: React.PointerEvent<HTMLButtonElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const [left, top] = placeIn(event.currentTarget, event);
      const kind = (tool === "lasso") === event.shiftKey ? "pan" : "lasso";
      drag.current = { kind, startX: left, startY: top, lastX: left, lastY: top, moved: false };
      setBusy(kind === "pan");
    },
    onPointerMove: (event: React.PointerEvent<HTMLButtonElement>) => {
      const [left, top] = placeIn(event.currentTarget, event);
      const now = drag.current;
      if (now === null) return setHovered(under(left, top));
      if (!now.moved && Math.hypot(left - now.startX, top - now.startY) < 4) return;
      now.moved = true;
      setHovered(null);
      if (now.kind === "pan") look(panned(view, left - now.lastX, top - now.lastY));
      else setDrawn([...(drawn ?? toMap(view, size, now.startX, now.startY)), ...toMap(view, size, left, top)]);
      now.lastX = left;
      now.lastY = top;
    },
    onPointerUp: (event: React.PointerEvent<HTMLButtonElement>) => {
      const now = drag.current;
      drag.current = null;
      setBusy(false);
      setDrawn(null);
      if (now === null) return;
      if (now.moved && now.kind === "lasso") return drawn !== null && drawn.length >= 6 && onLasso(drawn);
      const at = now.moved ? null : under(...placeIn(event.currentTarget, event));
      if (at !== null) onPick(at);
    },
    onPointerCancel: () => {
      drag.current = null;
      setBusy(false);
      setDrawn(null);
    },
    onPointerLeave: () => drag.current === null && setHovered(null),
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLButtonElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow !== undefined && event.shiftKey) {
      const next = nextInDirection(scene, marked ?? nearestTo(scene, view), arrow, isShown, marked === null);
      if (next !== null) onMark(next);
      if (next !== null && isOutside(toScreen(view, size, films.x[next] ?? 0, films.y[next] ?? 0), size))
        look({ ...view, x: films.x[next] ?? 0, y: films.y[next] ?? 0 });
    } else if (arrow !== undefined) look(panned(view, -arrow[0] * step, arrow[1] * step));
    else if (event.key === "+" || event.key === "=") look(zoomed(view, size, whole, 1.4));
    else if (event.key === "-") look(zoomed(view, size, whole, 1 / 1.4));
    else if (event.key === "0") setOwn(null);
    else if (event.key === "Enter" && marked !== null) onPick(marked);
    else if (event.key === "Escape") onClear();
    else return;
    event.preventDefault();
  };

  const shown = hovered ?? null;
  return (
    <div className={styles["frame"]} style={{ height: size.height }}>
      <button
        ref={surface}
        type="button"
        className={styles["surface"]}
        aria-label={label}
        aria-describedby={keysId}
        aria-roledescription="map"
        data-tool={tool}
        data-busy={busy}
        {...pointer}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} className={styles["canvas"]} aria-hidden />
      </button>
      <MapOverlay
        size={size}
        place={(x, y) => toScreen(view, size, x, y)}
        outline={drawn ?? outline}
        marked={marked === null ? null : { at: marked, title: films.titles[marked] ?? "" }}
        hovered={shown}
        films={films}
      />
      <span id={keysId} hidden>
        Arrow keys move the map, plus and minus zoom, 0 shows all of it, Shift with an arrow key goes from film to film,
        Enter lists the films like the marked one, Escape unmarks. The same films stand in the table.
      </span>
      {shown !== null && (
        <div
          className={styles["reading"]}
          style={besides(toScreen(view, size, films.x[shown] ?? 0, films.y[shown] ?? 0), size)}
        >
          {reading(shown)}
        </div>
      )}
      <div className={styles["zoom"]}>
        <ZoomButton label="Zoom in" onClick={() => look(zoomed(view, size, whole, 1.6))}>
          <IconPlus size={16} />
        </ZoomButton>
        <ZoomButton label="Zoom out" onClick={() => look(zoomed(view, size, whole, 1 / 1.6))}>
          <IconMinus size={16} />
        </ZoomButton>
        <ZoomButton label="Show all of the map" onClick={() => setOwn(null)}>
          <IconFocusCentered size={16} />
        </ZoomButton>
      </div>
    </div>
  );
}

function ZoomButton(props: { readonly label: string; readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <Tooltip label={props.label} position="left">
      <ActionIcon variant="default" aria-label={props.label} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

type Arrow = readonly [right: number, up: number];
const arrows: Readonly<Record<string, Arrow>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function placeIn(
  element: Element | null,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
): readonly [number, number] {
  const box = element?.getBoundingClientRect();
  return [clientX - (box?.left ?? 0), clientY - (box?.top ?? 0)];
}

const isOutside = ([left, top]: readonly [number, number], { width, height }: Size) =>
  left < 0 || top < 0 || left > width || top > height;

/** Beside the point, on the side where there is room. */
function besides([left, top]: readonly [number, number], { width, height }: Size): React.CSSProperties {
  return {
    ...(left > width / 2 ? { right: width - left + 12 } : { left: left + 12 }),
    ...(top > height / 2 ? { bottom: height - top + 8 } : { top: top + 8 }),
  };
}

function nearestTo({ films }: MapScene, { x, y }: MapView): number {
  let [best, least] = [0, Infinity];
  for (let at = 0; at < films.count; at++) {
    const away = ((films.x[at] ?? 0) - x) ** 2 + ((films.y[at] ?? 0) - y) ** 2;
    if (away < least) [best, least] = [at, away];
  }
  return best;
}

/** The nearest film that lies more in this direction than to the side; with none marked yet, the one in the middle. */
function nextInDirection(
  { films }: MapScene,
  from: number,
  [right, up]: Arrow,
  isShown: (at: number) => boolean,
  isFirst: boolean,
): number | null {
  if (isFirst) return from;
  let best: number | null = null;
  let least = Infinity;
  for (let at = 0; at < films.count; at++) {
    const [dx, dy] = [(films.x[at] ?? 0) - (films.x[from] ?? 0), (films.y[at] ?? 0) - (films.y[from] ?? 0)];
    const along = dx * right + dy * up;
    const aside = Math.abs(dx * up) + Math.abs(dy * right);
    const away = dx ** 2 + dy ** 2;
    if (at !== from && along > 0 && aside <= along && away < least && isShown(at)) [best, least] = [at, away];
  }
  return best;
}
