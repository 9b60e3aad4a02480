import { Card, SegmentedControl, Text, UnstyledButton } from "@mantine/core";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { HelpTerm } from "../../components/help-term.tsx";
import type { FilmClass, MapColour } from "./film-classes.ts";
import { errorName } from "./film-table.tsx";
import styles from "./film-map.module.css";

interface MapLegendProps {
  readonly map: FilmMap;
  readonly colour: MapColour;
  readonly classes: readonly FilmClass[];
  readonly hidden: ReadonlySet<string>;
  readonly onColour: (colour: MapColour) => void;
  readonly onHidden: (ids: readonly string[]) => void;
}

/** What the colours mean; each can be hidden. */
export function MapLegend({ map, colour, classes, hidden, onColour, onHidden }: MapLegendProps) {
  const toggle = (id: string) =>
    onHidden(hidden.has(id) ? [...hidden].filter((other) => other !== id) : [...hidden, id]);
  return (
    <Card padding="sm">
      <Text size="xs" fw={600} mb={4}>
        Colour by
      </Text>
      <SegmentedControl
        fullWidth
        aria-label="Colour by"
        data={[
          { value: "genre", label: "Genre" },
          { value: "popularity", label: "Ratings" },
          { value: "error", label: "Error", disabled: map.error.measure === null },
        ]}
        value={colour}
        onChange={(value) => onColour(value === "popularity" || value === "error" ? value : "genre")}
      />
      <Text size="xs" c="dimmed" my={6} component="div">
        <Explanation map={map} colour={colour} />
      </Text>
      <ul className={styles["legend"]} aria-label="Legend">
        {classes.map(({ id, label, color, films }) => (
          <li key={id}>
            <UnstyledButton className={styles["entry"]} aria-pressed={!hidden.has(id)} onClick={() => toggle(id)}>
              <span className={styles["swatch"]} style={{ background: `var(${color})` }} />
              <span>{label}</span>
              <Text span inherit c="dimmed">
                {formatCount(films)}
                <span className="rb-visually-hidden">{films === 1 ? " film" : " films"}</span>
              </Text>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {hidden.size > 0 && (
        <UnstyledButton className={styles["entry"]} onClick={() => onHidden([])}>
          <span />
          <Text span size="xs" c="var(--rb-accent-text)" td="underline">
            Show all again
          </Text>
        </UnstyledButton>
      )}
    </Card>
  );
}

function Explanation({ map, colour }: { readonly map: FilmMap; readonly colour: MapColour }) {
  if (colour === "genre") return <>The first genre named of each film.</>;
  if (colour === "popularity") return <>Ratings that the model learned from; each step is as many times more.</>;
  const { error } = map;
  if (error.measure === null) return <>{error.reason}</>;
  const sample =
    error.users < error.allUsers
      ? ` A sample: ${formatQuantity(error.users, "user")} of ${formatCount(error.allUsers)}.`
      : "";
  return (
    <HelpTerm
      help={
        error.measure === "mae"
          ? "How far predictions are from the ratings that the split holds out, in points of the rating scale, averaged over a film's held-out ratings. A film with few of them has a rough figure."
          : `Of the users for whom the film was held out, the share whose list of ${String(error.cutoff)} does not hold it. A film with few of them has a rough figure.`
      }
    >
      {errorName(map)}, over {formatQuantity(error.ratings, "held-out rating")}.{sample}
    </HelpTerm>
  );
}
