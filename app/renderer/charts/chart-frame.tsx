import { Group, Modal, Paper, Text, Title } from "@mantine/core";
import { useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { HelpTerm } from "../components/help-term.tsx";
import type { TextTable } from "../components/table/copy-as.ts";
import { ChartTable } from "./chart-table.tsx";
import { ChartToolbar } from "./chart-toolbar.tsx";
import { ChartViewContext, useNewChartView } from "./chart-view.ts";
import type { ChartAxis } from "./chart-view.ts";
import { useTurn } from "./draw-in-turn.ts";
import type { StandaloneDrawing } from "./export-svg.ts";

interface ChartFrameProps {
  readonly title: string;
  /** One sentence: what is drawn, in which units. */
  readonly description?: string;
  /** More, for who points at the description. */
  readonly help?: string;
  /** The very figures drawn, for the table beside it and the export; a function where making them takes a while. */
  readonly table: TextTable | (() => TextTable);
  /** The table in another form than the usual one: for more rows than can be drawn at once. */
  readonly tableView?: (height: number) => ReactNode;
  /** The drawing as a file, where it is no SVG on the page. Null: it is not drawn yet. */
  readonly svg?: () => StandaloneDrawing | null;
  /** Axes on which a logarithm makes sense: those whose values are above zero, or nearly all of them. */
  readonly logAxes?: readonly ChartAxis[];
  /** Those of them that are logarithmic to begin with. */
  readonly logAtFirst?: readonly ChartAxis[];
  /** Switches that belong to this chart alone. */
  readonly controls?: ReactNode;
  /** Those that are of no use beside its table. */
  readonly drawingControls?: ReactNode;
  /** Draws the chart in the given height, pixels. */
  readonly children: (height: number) => ReactNode;
  readonly height?: number;
  readonly withBorder?: boolean;
}

const tableOf = (table: TextTable | (() => TextTable)) => (typeof table === "function" ? table() : table);

/**
 * A chart with what every chart has here: a name, a table beside it, export, full screen, logarithmic axes. The plot inside
 * asks `useChartView` for what is chosen.
 */
export function ChartFrame({
  title,
  description,
  help,
  table,
  tableView,
  svg,
  logAxes = [],
  logAtFirst = [],
  controls,
  drawingControls,
  children,
  height = 240,
  withBorder = true,
}: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  const [full, setFull] = useState(false);
  const drawing = useRef<HTMLDivElement>(null);
  const labelId = useId();
  const view = useNewChartView(logAtFirst);
  const isDrawn = useTurn();
  const content = (tall: number) =>
    asTable ? (
      (tableView?.(tall) ?? <ChartTable table={tableOf(table)} height={tall} label={title} />)
    ) : (
      <div ref={drawing}>{children(tall)}</div>
    );
  const tools = { title, table: () => tableOf(table), svg, drawing, logAxes, asTable, onAsTable: setAsTable };
  return (
    <ChartViewContext value={view}>
      <Paper component="figure" m={0} p={withBorder ? "sm" : 0} withBorder={withBorder} aria-labelledby={labelId}>
        <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs" mb={6}>
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h3" id={labelId}>
              {title}
            </Title>
            {description !== undefined && <Description text={description} help={help} />}
          </div>
          {isDrawn && (
            <Group gap={4} wrap="nowrap" style={{ flex: "none" }}>
              {controls}
              {!asTable && drawingControls}
              <ChartToolbar {...tools} onFull={() => setFull(true)} />
            </Group>
          )}
        </Group>
        {isDrawn && !full ? content(height) : <div aria-busy={!isDrawn} style={{ height }} />}
        {isDrawn && (
          <Modal opened={full} onClose={() => setFull(false)} fullScreen title={title}>
            {full && (
              <>
                <Group justify="space-between" wrap="nowrap" gap="xs" mb={6}>
                  <div style={{ minWidth: 0 }}>
                    {description !== undefined && <Description text={description} help={help} />}
                  </div>
                  <Group gap={4} wrap="nowrap" style={{ flex: "none" }}>
                    {controls}
                    {!asTable && drawingControls}
                    <ChartToolbar {...tools} />
                  </Group>
                </Group>
                {content(Math.max(320, window.innerHeight - 140))}
              </>
            )}
          </Modal>
        )}
      </Paper>
    </ChartViewContext>
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
