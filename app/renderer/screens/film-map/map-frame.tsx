import { ActionIcon, Group, Menu, Modal, Paper, Text, Title, Tooltip } from "@mantine/core";
import { IconDownload, IconMaximize, IconTable } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { ReactNode } from "react";
import { pngOf } from "../../charts/export-svg.ts";
import { tellFailure } from "../../components/feedback/tell.ts";
import { HelpTerm } from "../../components/help-term.tsx";
import { tableAs } from "../../components/table/copy-as.ts";
import type { TextTable } from "../../components/table/copy-as.ts";
import { fileNameFor, saveBlob, saveText } from "../../components/table/save-text.ts";

interface MapFrameProps {
  readonly title: string;
  readonly description: string;
  readonly help: string;
  readonly controls: ReactNode;
  /** The figures of all films; put together only when they are wanted. */
  readonly figures: () => TextTable;
  /** Null: nothing is drawn yet. */
  readonly svg: () => { readonly text: string; readonly width: number; readonly height: number } | null;
  readonly table: (height: number) => ReactNode;
  /** Draws the map in the given height, pixels. */
  readonly children: (height: number) => ReactNode;
}

/** As much as leaves the way on in sight. */
const usualHeight = () => Math.max(380, Math.min(640, window.innerHeight - 360));

/** What `ChartFrame` is to a chart, for a drawing on a canvas with more rows than a plain table holds. */
export function MapFrame({ title, description, help, controls, figures, svg, table, children }: MapFrameProps) {
  const [asTable, setAsTable] = useState(false);
  const [full, setFull] = useState(false);
  const labelId = useId();
  const name = fileNameFor(title);
  const content = (height: number) => (asTable ? table(height) : children(height));
  const save = (kind: "svg" | "png") =>
    void saveDrawing(kind).catch((error: unknown) => tellFailure("The map could not be saved", error));
  async function saveDrawing(kind: "svg" | "png"): Promise<void> {
    const file = svg();
    if (file === null) return;
    if (kind === "svg") saveText(`${name}.svg`, "image/svg+xml", file.text);
    else saveBlob(`${name}.png`, await pngOf(file.text, file.width, file.height));
  }
  const tools = (
    <Group gap={4} wrap="nowrap" style={{ flex: "none" }}>
      {!asTable && controls}
      <Tooltip label={asTable ? "Show the map" : "Show the figures as a table"}>
        <ActionIcon
          aria-label={asTable ? `Show the map: ${title}` : `Show as a table: ${title}`}
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
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
          <Menu.Item onClick={() => saveText(`${name}.csv`, "text/csv", tableAs("csv", figures()))}>
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
      {!full && (
        <Tooltip label="Full screen">
          <ActionIcon aria-label={`Full screen: ${title}`} onClick={() => setFull(true)}>
            <IconMaximize size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
  const caption = (
    <Text size="xs" c="dimmed" component="div">
      <HelpTerm help={help}>{description}</HelpTerm>
    </Text>
  );
  return (
    <Paper component="figure" m={0} p="sm" withBorder aria-labelledby={labelId}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs" mb={6}>
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="h3" id={labelId}>
            {title}
          </Title>
          {caption}
        </div>
        {tools}
      </Group>
      {!full && content(usualHeight())}
      <Modal opened={full} onClose={() => setFull(false)} fullScreen title={title}>
        {full && (
          <>
            <Group justify="space-between" wrap="nowrap" mb={6}>
              {caption}
              {tools}
            </Group>
            {content(Math.max(320, window.innerHeight - 150))}
          </>
        )}
      </Modal>
    </Paper>
  );
}
