import { Button, Group, Paper, Text, Title } from "@mantine/core";
import type { FilmMap } from "../../../../core/contract/embedding.ts";
import { formatQuantity } from "../../components/format/numbers.ts";
import { CopyMenu } from "../../components/table/copy-menu.tsx";
import { filmsAsText, FilmTable } from "./film-table.tsx";
import type { MapFilms } from "./map-films.ts";

/** Where others on the screen scroll to. */
export const chosenFilmsId = "chosen-films-panel";

interface ChosenFilmsProps {
  readonly films: MapFilms;
  readonly map: FilmMap;
  readonly chosen: readonly number[];
  readonly onOpen: (at: number) => void;
  readonly onClear: () => void;
}

/** What the lasso, the box or the nearness has caught. */
export function ChosenFilms({ films, map, chosen, onOpen, onClear }: ChosenFilmsProps) {
  return (
    <Paper p="sm" mt="md" component="section" id={chosenFilmsId} aria-labelledby="chosen-films">
      <Group justify="space-between" mb="xs">
        <div>
          <Title order={2} size="h3" id="chosen-films">
            Selected: {formatQuantity(chosen.length, "film")}
          </Title>
          <Text size="xs" c="dimmed" role="status">
            {chosen.length === 0 ? "No film of the map lies there." : summaryOf(films, map, chosen)}
          </Text>
        </div>
        <Group gap="xs">
          <CopyMenu table={() => filmsAsText(films, map, chosen)} />
          <Button variant="subtle" color="gray" onClick={onClear}>
            Clear selection
          </Button>
        </Group>
      </Group>
      {chosen.length > 0 && (
        <FilmTable films={films} map={map} places={chosen} label="Selected films" maxHeight={360} onOpen={onOpen} />
      )}
    </Paper>
  );
}

const mostNamed = 3;

/** Which genres are more frequent here than on the whole map: what the model may have found. */
function summaryOf(films: MapFilms, map: FilmMap, chosen: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const at of chosen) for (const genre of films.genres[at] ?? []) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const named = [...counts]
    .map(([genre, count]) => ({
      name: map.genres[genre]?.genre ?? "",
      count,
      times: count / chosen.length / ((map.genres[genre]?.films ?? 1) / films.count),
    }))
    .filter(({ times, count }) => times >= 1.2 && count >= 3)
    .sort((a, b) => b.times - a.times)
    .slice(0, mostNamed);
  if (named.length === 0) return "Its genres are about as frequent as on the whole map.";
  return `More frequent than on the whole map: ${named.map(({ name, times }) => `${name} (${times.toFixed(1)} times)`).join(", ")}.`;
}
