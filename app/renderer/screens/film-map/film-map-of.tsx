import { SegmentedControl, Text, useComputedColorScheme } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import type { RunRow } from "../../../../core/contract/run-table.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { TooltipCard } from "../../charts/chart-tooltip.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatQuantity, formatShare } from "../../components/format/numbers.ts";
import type { MapSearch } from "../../search-params.ts";
import { themeColor } from "../../theme/tokens.ts";
import { SimilarFilms } from "../recommendations/similar-films.tsx";
import { ChosenFilms } from "./chosen-films.tsx";
import { classesOf } from "./film-classes.ts";
import { FilmSearch } from "./film-search.tsx";
import { errorName, filmsAsText, FilmTable, formatError, genresOf } from "./film-table.tsx";
import { MapCanvas } from "./map-canvas.tsx";
import type { MapHandle, MapTool } from "./map-canvas.tsx";
import { useMapFilms } from "./map-films.ts";
import type { MapFilms } from "./map-films.ts";
import { MapLegend } from "./map-legend.tsx";
import type { MapScene } from "./map-painter.ts";
import { chosenFilms, simplified } from "./map-selection.ts";
import type { MapSelection } from "./map-selection.ts";
import { mapSvg } from "./map-svg.ts";
import { MarkedFilm } from "./marked-film.tsx";
import { SelectFilms } from "./select-films.tsx";
import styles from "./film-map.module.css";

const route = getRouteApi("/recommendations/map");

interface FilmMapOfProps {
  readonly run: RunRow;
  readonly request: { readonly runId: string; readonly method: "pca" | "umap"; readonly seed: number };
  readonly map: FilmMap;
}

/** As much as leaves the way on in sight. */
const usualHeight = () => Math.max(380, Math.min(640, window.innerHeight - 360));

/** A map that has been made, once its films are here. */
export function FilmMapOf({ run, request, map }: FilmMapOfProps) {
  const films = useMapFilms(request, map);
  return (
    <Answer of={films} height={560} errorTitle="The map could not be read">
      {(known) => <Board run={run} map={map} films={known} />}
    </Answer>
  );
}

interface BoardProps {
  readonly run: RunRow;
  readonly map: FilmMap;
  readonly films: MapFilms;
}

function Board({ run, map, films }: BoardProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [tool, setTool] = useState<MapTool>("move");
  const handle = useRef<MapHandle>(null);
  const marked = search.film === undefined ? null : (films.places.get(search.film) ?? null);
  const colour = search.colour === "error" && map.error.measure === null ? "genre" : (search.colour ?? "genre");
  const classes = useMemo(() => classesOf(films, map, colour), [films, map, colour]);
  const hidden = useMemo(() => new Set(search.hide), [search.hide]);
  // What was chosen is worked out and listed after the click or the lasso that chose it has been answered.
  const selection = useDeferredValue(useSelection(search, marked));
  const chosen = useMemo(() => chosenFilms(films, selection), [films, selection]);
  const scheme = useComputedColorScheme("light");
  const scene = useMemo(
    (): MapScene => ({
      films,
      of: classes.of,
      colors: classes.classes.map(({ id, color }) => (hidden.has(id) ? null : themeColor(scheme, color))),
      chosen: selection === null ? null : flags(films.count, chosen),
    }),
    [films, classes, hidden, scheme, selection, chosen],
  );
  const update = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const choose = (next: MapSelection | null) => update(asSearch(next));
  const mark = (at: number | null) => update({ film: at === null ? undefined : films.itemIds[at] });
  const openSimilar = (at: number) => update({ film: films.itemIds[at], similar: true });
  const title = `Map of films, ${map.method.toUpperCase()}`;
  const caption = captionOf(run, map);
  return (
    <>
      <div className={styles["layout"]}>
        <div className={styles["main"]}>
          <ChartFrame
            title={title}
            description={caption.text}
            help={caption.help}
            height={usualHeight()}
            table={() => filmsAsText(films, map, [...films.itemIds.keys()])}
            tableView={(height) => (
              <FilmTable
                films={films}
                map={map}
                places={[...films.itemIds.keys()]}
                label="Films of the map"
                maxHeight={height}
                onOpen={openSimilar}
              />
            )}
            svg={() => {
              const seen = handle.current?.view();
              if (seen == null) return null;
              return mapSvg({
                ...seen,
                scene,
                background: themeColor(scheme, "--rb-surface"),
                text: scheme === "dark" ? "#d7dde3" : "#000000",
                caption: `${run.name}: ${caption.text}`,
                legend: classes.classes.flatMap(({ label }, at) => {
                  const color = scene.colors[at];
                  return color == null ? [] : [{ label, color }];
                }),
              });
            }}
            drawingControls={
              <SegmentedControl
                aria-label="What dragging does"
                data={[
                  { value: "move", label: "Move" },
                  { value: "lasso", label: "Lasso" },
                ]}
                value={tool}
                onChange={(value) => setTool(value === "lasso" ? "lasso" : "move")}
              />
            }
          >
            {(height) => (
              <MapCanvas
                ref={handle}
                scene={scene}
                height={height}
                label={`${title}: ${formatQuantity(films.count, "film")}`}
                tool={tool}
                marked={marked}
                outline={selection === null || selection.kind === "near" ? null : outlineOf(selection)}
                start={search.view ?? null}
                reading={(at) => <Reading films={films} map={map} at={at} />}
                onPick={openSimilar}
                onMark={mark}
                onLasso={(outline) => choose({ kind: "lasso", outline: simplified(outline) })}
                onClear={() => update({ ...asSearch(null), film: undefined })}
                onRest={(view) => update({ view: view === null ? undefined : [...view] })}
              />
            )}
          </ChartFrame>
          {selection !== null && (
            <ChosenFilms films={films} map={map} chosen={chosen} onOpen={openSimilar} onClear={() => choose(null)} />
          )}
        </div>
        <div className={styles["side"]}>
          <FilmSearch
            films={films}
            marked={marked}
            onFilm={(at) => {
              mark(at);
              if (at !== null) handle.current?.centreOn(at);
            }}
          />
          {search.film !== undefined && marked === null && (
            <Text size="sm" c="dimmed">
              Film {search.film} is not on this map: the model has learned nothing about it
              {map.films < map.known ? ", or it is not among the most rated ones" : ""}.
            </Text>
          )}
          {marked !== null && (
            <MarkedFilm
              films={films}
              map={map}
              at={marked}
              onSimilar={() => openSimilar(marked)}
              onClear={() => mark(null)}
            />
          )}
          <MapLegend
            map={map}
            colour={colour}
            classes={classes.classes}
            hidden={hidden}
            onColour={(next) => update({ colour: next === "genre" ? undefined : next, hide: undefined })}
            onHidden={(ids) => update({ hide: ids.length === 0 ? undefined : [...ids] })}
          />
          <SelectFilms
            films={films}
            marked={marked}
            selection={selection}
            chosen={chosen.length}
            seen={() => handle.current?.seen() ?? null}
            onChoose={choose}
          />
        </div>
      </div>
      <SimilarFilms
        run={run}
        film={
          search.similar === true && marked !== null
            ? { itemId: films.itemIds[marked] ?? "", title: films.titles[marked] ?? null }
            : null
        }
        onClose={() => update({ similar: undefined })}
      />
    </>
  );
}

function Reading({ films, map, at }: { readonly films: MapFilms; readonly map: FilmMap; readonly at: number }) {
  const year = films.years[at];
  const error = films.errors[at] ?? Number.NaN;
  return (
    <TooltipCard
      title={films.titles[at] ?? ""}
      lines={[
        { key: "genres", label: "Genres", value: genresOf(films, map, at) || "–" },
        ...(year == null ? [] : [{ key: "year", label: "Year", value: String(year) }]),
        { key: "ratings", label: "Ratings", value: formatCount(films.ratings[at] ?? 0) },
        ...(Number.isNaN(error) ? [] : [{ key: "error", label: errorName(map), value: formatError(map, error) }]),
      ]}
    />
  );
}

function useSelection({ lasso, box, near }: MapSearch, marked: number | null): MapSelection | null {
  // Another film is marked all the time; it matters only where it is what was asked about.
  const centre = near === undefined ? null : marked;
  return useMemo((): MapSelection | null => {
    if (lasso !== undefined && lasso.length >= 6) return { kind: "lasso", outline: lasso };
    if (box !== undefined) return { kind: "box", box };
    if (near !== undefined && centre !== null) return { kind: "near", film: centre, count: near };
    return null;
  }, [lasso, box, near, centre]);
}

function asSearch(selection: MapSelection | null): Pick<MapSearch, "lasso" | "box" | "near"> {
  return {
    lasso: selection?.kind === "lasso" ? [...selection.outline] : undefined,
    box: selection?.kind === "box" ? [...selection.box] : undefined,
    near: selection?.kind === "near" ? selection.count : undefined,
  };
}

function outlineOf(selection: Exclude<MapSelection, { readonly kind: "near" }>): readonly number[] {
  if (selection.kind === "lasso") return selection.outline;
  const [x0, y0, x1, y1] = selection.box;
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}

function flags(count: number, places: readonly number[]): Uint8Array {
  const marks = new Uint8Array(count);
  for (const at of places) marks[at] = 1;
  return marks;
}

function captionOf(run: RunRow, map: FilmMap): { readonly text: string; readonly help: string } {
  const films =
    map.films < map.known
      ? `The ${formatCount(map.films)} most rated of ${formatQuantity(map.known, "film")}`
      : formatQuantity(map.films, "film");
  const layout =
    map.explained === null
      ? `UMAP of ${String(map.factors)} factors, seed ${String(map.seed)}`
      : `the axes hold ${formatShare(map.explained[0])} and ${formatShare(map.explained[1])} of what varies in ${String(map.factors)} factors`;
  const trust = map.trustworthiness === null ? "" : `, trustworthiness ${formatDecimal(map.trustworthiness, 2)}`;
  return {
    text: `${films}; ${layout}${trust}.`,
    help:
      `Trustworthiness (Venna and Kaski 2001): how far the ${String(map.neighbours)} nearest on the map are near in ${run.name}, by the cosine of their ` +
      "factors. 1: all of them are; 0.5: no more than by chance. " +
      (map.explained === null
        ? "On a UMAP map nearness means likeness; the distances between groups and their sizes mean little."
        : "On a PCA map what the two axes do not hold is not seen: films that look near may differ in it."),
  };
}
