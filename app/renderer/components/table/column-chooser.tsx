import { ActionIcon, Button, Checkbox, Group, Popover, ScrollArea, Stack, Text, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconColumns, IconPin, IconPinFilled } from "@tabler/icons-react";
import { plainNotation } from "../format/notation.ts";
import { Notation } from "../notation.tsx";
import type { ColumnLayout } from "./data-table.tsx";

interface ColumnChooserProps {
  readonly columns: readonly { readonly id: string; readonly header: string }[];
  readonly layout: ColumnLayout;
  readonly onChange: (layout: ColumnLayout) => void;
}

/** Which columns, in which order, and which of them stay in sight. */
export function ColumnChooser({ columns, layout, onChange }: ColumnChooserProps) {
  const ordered = inOrder(columns, layout.order);
  const move = (index: number, by: number) => {
    const ids = ordered.map(({ id }) => id);
    const [moved] = ids.splice(index, 1);
    if (moved === undefined) return;
    ids.splice(index + by, 0, moved);
    onChange({ ...layout, order: ids });
  };
  return (
    <Popover position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns size={14} aria-hidden />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Choose columns">
        <ScrollArea.Autosize mah={380}>
          <Stack gap={2}>
            {ordered.map(({ id, header }, index) => (
              <Group key={id} gap={4} wrap="nowrap">
                <Checkbox
                  label={<Notation>{header}</Notation>}
                  checked={!layout.hidden.includes(id)}
                  onChange={() => onChange({ ...layout, hidden: without(layout.hidden, id) ?? [...layout.hidden, id] })}
                  style={{ flex: 1, minWidth: 190 }}
                />
                <Tooltip label={layout.pinned.includes(id) ? "Let it scroll" : "Keep in sight"}>
                  <ActionIcon
                    size="sm"
                    aria-label={`Pin ${plainNotation(header)}`}
                    aria-pressed={layout.pinned.includes(id)}
                    onClick={() =>
                      onChange({ ...layout, pinned: without(layout.pinned, id) ?? [...layout.pinned, id] })
                    }
                  >
                    {layout.pinned.includes(id) ? <IconPinFilled size={14} /> : <IconPin size={14} />}
                  </ActionIcon>
                </Tooltip>
                <ActionIcon
                  size="sm"
                  aria-label={`Move ${plainNotation(header)} up`}
                  disabled={index === 0}
                  onClick={() => move(index, -1)}
                >
                  <IconChevronUp size={14} />
                </ActionIcon>
                <ActionIcon
                  size="sm"
                  aria-label={`Move ${plainNotation(header)} down`}
                  disabled={index === ordered.length - 1}
                  onClick={() => move(index, 1)}
                >
                  <IconChevronDown size={14} />
                </ActionIcon>
              </Group>
            ))}
          </Stack>
        </ScrollArea.Autosize>
        <Text size="xs" c="dimmed" mt="xs">
          Kept for this table.
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Null when it was not there. */
function without(ids: readonly string[], id: string): readonly string[] | null {
  return ids.includes(id) ? ids.filter((other) => other !== id) : null;
}

export function inOrder<C extends { readonly id: string }>(
  columns: readonly C[],
  order: readonly string[],
): readonly C[] {
  const place = new Map(order.map((id, index) => [id, index]));
  return [...columns].sort(
    (left, right) => (place.get(left.id) ?? order.length) - (place.get(right.id) ?? order.length),
  );
}
