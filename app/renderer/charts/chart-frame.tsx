import { ActionIcon, Group, Menu, Modal, Paper, Text, Title, Tooltip } from "@mantine/core";
import { IconDownload, IconMaximize, IconTable } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { HelpTerm } from "../components/help-term.tsx";
import { tellFailure } from "../components/feedback/tell.ts";
import { tableAs } from "../components/table/copy-as.ts";
import type { TextTable } from "../components/table/copy-as.ts";
import { fileNameFor, saveBlob, saveText } from "../components/table/save-text.ts";
import { ChartTable } from "./chart-table.tsx";
import { pngOf, standaloneSvg } from "./export-svg.ts";

interface ChartFrameProps {
  readonly title: string;
  /** One sentence: what is drawn, in which units. */
  readonly description?: string;
  /** More, for who points at the description. */
  readonly help?: string;
  /** The very figures drawn, for the table beside it and the export. */
  readonly table: TextTable;
  /** Switches that belong to this chart (log axis, smoothing). */
  readonly controls?: ReactNode;
  /** Draws the chart in the given height, pixels. */
  readonly children: (height: number) => ReactNode;
  readonly height?: number;
  readonly withBorder?: boolean;
}

/** A chart with what every chart has here: a name, a table beside it, export, full screen. */
export function ChartFrame({
  title,
  description,
  help,
  table,
  controls,
  children,
  height = 240,
  withBorder = true,
}: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  const [full, setFull] = useState(false);
  const drawing = useRef<HTMLDivElement>(null);
  const labelId = useId();
  const content = (tall: number) =>
    asTable ? <ChartTable table={table} height={tall} label={title} /> : <div ref={drawing}>{children(tall)}</div>;
  return (
    <Paper component="figure" m={0} p={withBorder ? "sm" : 0} withBorder={withBorder} aria-labelledby={labelId}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs" mb={6}>
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="h3" id={labelId}>
            {title}
          </Title>
          {description !== undefined && <Description text={description} help={help} />}
        </div>
        <Group gap={4} wrap="nowrap" style={{ flex: "none" }}>
          {controls}
          <ChartToolbar
            title={title}
            table={table}
            drawing={drawing}
            asTable={asTable}
            onAsTable={setAsTable}
            onFull={() => setFull(true)}
          />
        </Group>
      </Group>
      {!full && content(height)}
      <Modal opened={full} onClose={() => setFull(false)} fullScreen title={title}>
        {full && content(Math.max(320, window.innerHeight - 140))}
      </Modal>
    </Paper>
  );
}

function Description({ text, help }: { readonly text: string; readonly help: string | undefined }) {
  if (help === undefined || help === "") {
    return (
      <Text size="xs" c="dimmed">
        {text}
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed">
      <HelpTerm help={help}>{text}</HelpTerm>
    </Text>
  );
}

interface ChartToolbarProps {
  readonly title: string;
  readonly table: TextTable;
  readonly drawing: React.RefObject<HTMLDivElement | null>;
  readonly asTable: boolean;
  readonly onAsTable: (asTable: boolean) => void;
  readonly onFull: () => void;
}

function ChartToolbar({ title, table, drawing, asTable, onAsTable, onFull }: ChartToolbarProps) {
  const name = fileNameFor(title);
  const currentSvg = () =>
    drawing.current?.querySelector<SVGSVGElement>("svg.recharts-surface, svg[data-chart]") ?? null;
  const saveDrawing = async (kind: "svg" | "png") => {
    const svg = currentSvg();
    if (svg === null) return;
    const background = getComputedStyle(document.body).getPropertyValue("--rb-surface").trim() || "#ffffff";
    const text = standaloneSvg(svg, background);
    const { width, height } = svg.getBoundingClientRect();
    if (kind === "svg") saveText(`${name}.svg`, "image/svg+xml", text);
    else saveBlob(`${name}.png`, await pngOf(text, width, height));
  };
  const save = (kind: "svg" | "png") =>
    void saveDrawing(kind).catch((error: unknown) => tellFailure("The chart could not be saved", error));
  return (
    <>
      <Tooltip label={asTable ? "Show the chart" : "Show the figures as a table"}>
        <ActionIcon
          aria-label={`${asTable ? "Show the chart of" : "Show as a table:"} ${title}`}
          aria-pressed={asTable}
          onClick={() => onAsTable(!asTable)}
        >
          <IconTable size={16} />
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Export ${title}`}>
            <IconDownload size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => saveText(`${name}.csv`, "text/csv", tableAs("csv", table))}>
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
      <Tooltip label="Full screen">
        <ActionIcon aria-label={`Full screen: ${title}`} onClick={onFull}>
          <IconMaximize size={16} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
