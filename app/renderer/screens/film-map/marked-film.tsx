import { Button, Card, Group, Text } from "@mantine/core";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { formatQuantity } from "../../components/format/numbers.ts";
import { errorName, formatError, genresOf } from "./film-table.tsx";
import type { MapFilms } from "./map-films.ts";

interface MarkedFilmProps {
  readonly films: MapFilms;
  readonly map: FilmMap;
  readonly at: number;
  readonly onSimilar: () => void;
  readonly onClear: () => void;
}

/** The film that is marked on the map. */
export function MarkedFilm({ films, map, at, onSimilar, onClear }: MarkedFilmProps) {
  const genres = genresOf(films, map, at);
  const error = films.errors[at] ?? Number.NaN;
  return (
    <Card padding="sm" role="group" aria-label="Marked film">
      <Text fw={600} size="sm" aria-live="polite">
        {films.titles[at]}
      </Text>
      {genres !== "" && (
        <Text size="xs" c="dimmed">
          {genres}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {formatQuantity(films.ratings[at] ?? 0, "rating")}
        {!Number.isNaN(error) &&
          ` · ${errorName(map).toLowerCase()}: ${formatError(map, error)}, of ${formatQuantity(films.tested[at] ?? 0, "held-out rating")}`}
      </Text>
      <Group gap="xs" mt="xs">
        <Button variant="default" onClick={onSimilar}>
          Similar films
        </Button>
        <Button variant="subtle" color="gray" onClick={onClear}>
          Unmark
        </Button>
      </Group>
    </Card>
  );
}
