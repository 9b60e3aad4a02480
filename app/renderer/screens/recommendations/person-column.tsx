import { ActionIcon, Button, Card, Group, Rating, Select, Slider, Stack, Text } from "@mantine/core";
import { useCallbackRef, useDebouncedValue } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { memo, useDeferredValue, useState } from "react";
import type { CatalogueItem, Snapshot } from "../../../../core/contract/entities.ts";
import { formatGeneral } from "../../components/format/numbers.ts";
import type { PersonRating } from "../../search-params.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { filmTitle } from "./film.tsx";

interface PersonColumnProps {
  readonly snapshot: Snapshot;
  readonly ratings: readonly PersonRating[];
  readonly onRatings: (ratings: readonly PersonRating[]) => void;
}

/** Somebody the models have never seen: rate films, and every list follows at once. Nothing is stored. */
export function PersonColumn({ snapshot, ratings, onRatings }: PersonColumnProps) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed, 120);
  const [films, setFilms] = useState<ReadonlyMap<string, CatalogueItem>>(new Map());
  const found = useQueryMethod("items.search", { snapshotId: snapshot.id, text, limit: 30 }, { keepPrevious: true });
  // A link, or a user's history, brings ratings of films that were not searched for here.
  const named = useQueryMethod(
    "items.named",
    { snapshotId: snapshot.id, itemIds: ratings.map(([itemId]) => itemId) },
    { keepPrevious: true },
  );
  const popular = useQueryMethod("items.search", { snapshotId: snapshot.id, text: "", limit: 30 });
  const names = useDeferredValue(named.data);
  const candidates = (found.data ?? []).filter(({ itemId }) => !ratings.some(([rated]) => rated === itemId));
  const rate = (itemId: string, rating: number) => {
    const film =
      candidates.find((candidate) => candidate.itemId === itemId) ??
      popular.data?.find((candidate) => candidate.itemId === itemId);
    if (film !== undefined) setFilms(new Map(films).set(itemId, film));
    const rest = ratings.filter(([rated]) => rated !== itemId);
    onRatings(
      ratings.length === rest.length
        ? [...ratings, [itemId, rating]]
        : ratings.map((entry) => (entry[0] === itemId ? [itemId, rating] : entry)),
    );
  };
  const nameOf = (itemId: string) =>
    filmTitle(
      films.get(itemId) ??
        names?.find((film) => film.itemId === itemId) ??
        found.data?.find((film) => film.itemId === itemId) ??
        popular.data?.find((film) => film.itemId === itemId) ?? { itemId, title: null },
    );
  const takeBack = (itemId: string) => onRatings(ratings.filter(([rated]) => rated !== itemId));
  const rateAgain = useCallbackRef(rate);
  const forget = useCallbackRef(takeBack);
  const suggestions = (popular.data ?? [])
    .filter(({ itemId }) => !ratings.some(([rated]) => rated === itemId))
    .slice(0, 6);
  return (
    <Card>
      <Stack gap="sm">
        <Select
          label="Rate a film"
          placeholder="Type a title"
          searchable
          data={candidates.map((film) => ({ value: film.itemId, label: filmTitle(film) }))}
          value={null}
          filter={({ options }) => options}
          onSearchChange={setTyped}
          searchValue={typed}
          nothingFoundMessage="No such film"
          onChange={(itemId) => {
            if (itemId === null) return;
            rate(itemId, snapshot.scale.maximum);
            setTyped("");
          }}
        />
        {ratings.length === 0 && (
          <Text size="sm" c="dimmed">
            Rate a few films as this person would.
            {suggestions.length > 0 && " Start with something well known:"}
          </Text>
        )}
        <Stack
          gap="xs"
          component="ul"
          m={0}
          p={0}
          style={{ listStyle: "none" }}
          aria-label="Ratings of the invented person"
        >
          {ratings.map(([itemId, rating]) => (
            <RatedFilm
              key={itemId}
              itemId={itemId}
              name={nameOf(itemId)}
              scale={snapshot.scale}
              rating={rating}
              onRate={rateAgain}
              onForget={forget}
            />
          ))}
        </Stack>
        {ratings.length < 3 && (
          <Group gap={4}>
            {suggestions.map((film) => (
              <Button
                key={film.itemId}
                size="compact-xs"
                variant="default"
                maw="100%"
                onClick={() => rate(film.itemId, snapshot.scale.maximum)}
              >
                {filmTitle(film)}
              </Button>
            ))}
          </Group>
        )}
        {ratings.length > 0 && (
          <Group>
            <Button variant="subtle" color="gray" onClick={() => onRatings([])}>
              Start over
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

interface RatedFilmProps {
  readonly itemId: string;
  readonly name: string;
  readonly scale: Snapshot["scale"];
  readonly rating: number;
  readonly onRate: (itemId: string, rating: number) => void;
  readonly onForget: (itemId: string) => void;
}

const RatedFilm = memo(function RatedFilm({ itemId, name, scale, rating, onRate, onForget }: RatedFilmProps) {
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" gap={4}>
        <Text size="sm" truncate title={name}>
          {name}
        </Text>
        <ActionIcon size="sm" aria-label={`Take back the rating of ${name}`} onClick={() => onForget(itemId)}>
          <IconX size={13} />
        </ActionIcon>
      </Group>
      <RatingControl
        scale={scale}
        label={`Rating of ${name}`}
        value={rating}
        onChange={(value) => onRate(itemId, value)}
      />
    </li>
  );
});

interface RatingControlProps {
  readonly scale: Snapshot["scale"];
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** Stars where the scale looks like stars, else a slider. */
function RatingControl({ scale, label, value, onChange }: RatingControlProps) {
  const step = scale.step ?? 1;
  const stars = Number.isInteger(scale.maximum) && scale.maximum <= 10 && scale.minimum >= 0 && [0.5, 1].includes(step);
  if (stars) {
    return (
      <Group gap="xs">
        <Rating
          size="sm"
          count={scale.maximum}
          fractions={step === 0.5 ? 2 : 1}
          value={value}
          aria-label={label}
          getSymbolLabel={(symbol) => `${label}: ${String(symbol)}`}
          onChange={(chosen) => onChange(Math.max(scale.minimum, chosen))}
        />
        <Text size="xs" c="dimmed">
          {formatGeneral(value)}
        </Text>
      </Group>
    );
  }
  return (
    <Slider
      thumbLabel={label}
      min={scale.minimum}
      max={scale.maximum}
      step={step}
      value={value}
      onChange={onChange}
      label={formatGeneral}
    />
  );
}
