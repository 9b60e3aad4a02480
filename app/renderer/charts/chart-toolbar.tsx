import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { IconDownload, IconMaximize, IconTable } from "@tabler/icons-react";
import { tellFailure } from "../components/feedback/tell.ts";
import { tableAs } from "../components/table/copy-as.ts";
import type { TextTable } from "../components/table/copy-as.ts";
import { fileNameFor, saveBlob, saveText } from "../components/table/save-text.ts";
import { useChartView } from "./chart-view.ts";
import type { ChartAxis } from "./chart-view.ts";
import { pngOf, standaloneSvg } from "./export-svg.ts";
import type { StandaloneDrawing } from "./export-svg.ts";

interface ChartToolbarProps {
  readonly title: string;
  readonly table: () => TextTable;
  /** The drawing as a file, where it is no SVG on the page. */
  readonly svg: (() => StandaloneDrawing | null) | undefined;
  readonly drawing: React.RefObject<HTMLDivElement | null>;
  readonly logAxes: readonly ChartAxis[];
  readonly asTable: boolean;
  readonly onAsTable: (asTable: boolean) => void;
  /** Left out in full screen. */
  readonly onFull?: () => void;
}

export function ChartToolbar({ title, table, svg, drawing, logAxes, asTable, onAsTable, onFull }: ChartToolbarProps) {
  const { logarithmic, toggleAxis } = useChartView();
  return (
    <>
      {!asTable &&
        logAxes.map((axis) => (
          <Tooltip key={axis} label={`Logarithmic ${axis === "x" ? "horizontal" : "vertical"} axis`}>
            <Button
              size="compact-sm"
              fz={12}
              variant={logarithmic.has(axis) ? "light" : "subtle"}
              color={logarithmic.has(axis) ? "petrol" : "gray"}
              {...(logarithmic.has(axis) ? { bg: "var(--rb-selected)" } : {})}
              aria-label={`Log ${axis} axis: ${title}`}
              aria-pressed={logarithmic.has(axis)}
              onClick={() => toggleAxis(axis)}
            >
              log {axis}
            </Button>
          </Tooltip>
        ))}
      <Tooltip label={asTable ? "Show the chart" : "Show the figures as a table"}>
        <ActionIcon
          aria-label={`${asTable ? "Show the chart of" : "Show as a table:"} ${title}`}
          aria-pressed={asTable}
          onClick={() => onAsTable(!asTable)}
        >
          <IconTable size={16} />
        </ActionIcon>
      </Tooltip>
      <ExportMenu title={title} table={table} svg={svg} drawing={drawing} asTable={asTable} />
      {onFull !== undefined && (
        <Tooltip label="Full screen">
          <ActionIcon aria-label={`Full screen: ${title}`} onClick={onFull}>
            <IconMaximize size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  );
}

function ExportMenu({
  title,
  table,
  svg,
  drawing,
  asTable,
}: Pick<ChartToolbarProps, "title" | "table" | "svg" | "drawing" | "asTable">) {
  const name = fileNameFor(title);
  const saveDrawing = async (kind: "svg" | "png") => {
    const standalone = svg === undefined ? drawnOnPage(drawing.current, title) : svg();
    if (standalone === null) return;
    const { text, width, height } = standalone;
    if (kind === "svg") saveText(`${name}.svg`, "image/svg+xml", text);
    else saveBlob(`${name}.png`, await pngOf(text, width, height));
  };
  const save = (kind: "svg" | "png") =>
    void saveDrawing(kind).catch((error: unknown) => tellFailure("The chart could not be saved", error));
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={`Export ${title}`}>
          <IconDownload size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveText(`${name}.csv`, "text/csv", tableAs("csv", table()))}>
          CSV (the figures)
        </Menu.Item>
        <Menu.Item disabled={asTable} onClick={() => save("svg")}>
          SVG (the drawing)
        </Menu.Item>
        <Menu.Item disabled={asTable} onClick={() => save("png")}>
          PNG (a picture)
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function drawnOnPage(drawn: HTMLElement | null, title: string): StandaloneDrawing | null {
  const found = drawn?.querySelector<SVGSVGElement>("svg.recharts-surface, svg[data-chart]") ?? null;
  if (drawn === null || found === null) return null;
  const background = getComputedStyle(document.body).getPropertyValue("--rb-surface").trim() || "#ffffff";
  return standaloneSvg(found, { background, title, legend: shownSeries(drawn) });
}

/** Names and colours as the legend below the drawing shows them now. */
function shownSeries(drawn: HTMLElement) {
  return [...drawn.querySelectorAll<HTMLElement>('[data-legend-entry][aria-pressed="true"]')].map((entry) => {
    const swatch = entry.querySelector("span");
    return {
      label: entry.textContent,
      color: swatch === null ? "currentColor" : getComputedStyle(swatch).backgroundColor,
    };
  });
}
