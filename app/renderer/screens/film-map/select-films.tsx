import { Anchor, Button, Card, Collapse, Group, NumberInput, Text } from "@mantine/core";
import { useState } from "react";
import { formatQuantity } from "../../components/format/numbers.ts";
import { chosenFilmsId } from "./chosen-films.tsx";
import type { MapFilms } from "./map-films.ts";
import type { MapSelection } from "./map-selection.ts";
import type { Box } from "./map-view.ts";

interface SelectFilmsProps {
  readonly films: MapFilms;
  readonly marked: number | null;
  readonly selection: MapSelection | null;
  readonly chosen: number;
  readonly seen: () => Box | null;
  readonly onChoose: (selection: MapSelection | null) => void;
}

const short = (value: number) => Number(value.toPrecision(4));

/** Choosing films without a pointer: what a lasso does, by numbers. */
export function SelectFilms({ films, marked, selection, chosen, seen, onChoose }: SelectFilmsProps) {
  const [count, setCount] = useState(20);
  const [byRange, setByRange] = useState(false);
  return (
    <Card padding="sm" role="group" aria-label="Select films">
      <Text size="xs" fw={600}>
        Select films
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        Draw around them with the lasso (or Shift and drag), or:
      </Text>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <NumberInput
          label="Nearest"
          w={76}
          min={1}
          max={Math.max(1, Math.min(1000, films.count - 1))}
          allowDecimal={false}
          value={count}
          onChange={(value) => typeof value === "number" && value >= 1 && setCount(value)}
        />
        <Button
          variant="default"
          disabled={marked === null}
          onClick={() => marked !== null && onChoose({ kind: "near", film: marked, count })}
        >
          {marked === null ? "Mark a film first" : "to the marked film"}
        </Button>
      </Group>
      <Group gap="xs" mt="xs">
        <Button
          variant="default"
          onClick={() => {
            const box = seen();
            if (box !== null)
              onChoose({ kind: "box", box: [short(box.x0), short(box.y0), short(box.x1), short(box.y1)] });
          }}
        >
          All in sight
        </Button>
        <Button variant="default" aria-expanded={byRange} onClick={() => setByRange(!byRange)}>
          By range…
        </Button>
        {selection !== null && (
          <Button variant="subtle" color="gray" onClick={() => onChoose(null)}>
            Clear
          </Button>
        )}
      </Group>
      {selection !== null && (
        <Text size="xs" mt="xs">
          {formatQuantity(chosen, "film")} selected; {chosen === 1 ? "it stands" : "they stand"} in the{" "}
          <Anchor inherit underline="always" component="button" type="button" onClick={showTable}>
            table under the map
          </Anchor>
          .
        </Text>
      )}
      <Collapse expanded={byRange}>{byRange && <RangeForm films={films} onChoose={onChoose} />}</Collapse>
    </Card>
  );
}

function showTable(): void {
  document.getElementById(chosenFilmsId)?.scrollIntoView({ block: "nearest" });
}

function RangeForm({ films, onChoose }: Pick<SelectFilmsProps, "films" | "onChoose">) {
  const [range, setRange] = useState(() => [...ends(films.x), ...ends(films.y)]);
  const field = (at: number, label: string) => (
    <NumberInput
      key={label}
      label={label}
      decimalScale={4}
      hideControls
      value={range[at] ?? 0}
      onChange={(value) =>
        typeof value === "number" && setRange(range.map((before, place) => (place === at ? value : before)))
      }
    />
  );
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = range;
  return (
    <>
      <Group grow gap="xs" mt="xs">
        {field(0, "x from")}
        {field(1, "x to")}
      </Group>
      <Group grow gap="xs" mt="xs">
        {field(2, "y from")}
        {field(3, "y to")}
      </Group>
      <Button mt="xs" onClick={() => onChoose({ kind: "box", box: [x0, y0, x1, y1] })}>
        Select this range
      </Button>
    </>
  );
}

function ends(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [Math.floor(low * 100) / 100, Math.ceil(high * 100) / 100];
}
