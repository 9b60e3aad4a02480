import { Group, MultiSelect, NumberInput, Slider, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { HelpTerm } from "../../components/help-term.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";

/** What every list is narrowed to and re-ranked for. */
export interface Wishes {
  readonly genre?: string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly diversity?: number | undefined;
  readonly novelty?: number | undefined;
}

interface ListWishesProps {
  readonly snapshotId: string;
  readonly wishes: Wishes;
  readonly onChange: (wishes: Wishes) => void;
}

/** Filters and dials above the lists. */
export function ListWishes({ snapshotId, wishes, onChange }: ListWishesProps) {
  const { data: facets } = useQueryMethod("items.facets", { snapshotId });
  const year = (value: string | number) => (typeof value === "number" ? value : undefined);
  return (
    <Group gap="md" align="flex-end">
      {facets !== undefined && facets.genres.length > 0 && (
        <MultiSelect
          label="Genres"
          placeholder={wishes.genre === undefined ? "Any" : ""}
          w={260}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "Any genre" }}
          data={facets.genres.map(({ genre }) => genre)}
          value={[...(wishes.genre ?? [])]}
          onChange={(genre) => onChange({ genre: genre.length === 0 ? undefined : genre })}
        />
      )}
      {facets?.years != null && (
        <>
          <NumberInput
            label="From year"
            w={100}
            placeholder={String(facets.years.from)}
            allowDecimal={false}
            thousandSeparator=""
            value={wishes.from ?? ""}
            onChange={(value) => onChange({ from: year(value) })}
          />
          <NumberInput
            label="To year"
            w={100}
            placeholder={String(facets.years.to)}
            allowDecimal={false}
            thousandSeparator=""
            value={wishes.to ?? ""}
            onChange={(value) => onChange({ to: year(value) })}
          />
        </>
      )}
      {/* The two dials go to the next line together. */}
      <Group gap="md" wrap="nowrap">
        <Dial
          label="Diversity"
          help="Puts films of unlike genres beside each other (maximal marginal relevance). Each list says what it costs."
          value={wishes.diversity ?? 0}
          onChange={(value) => onChange({ diversity: value === 0 ? undefined : value })}
        />
        <Dial
          label="Novelty"
          help="Prefers films that few people have rated. Each list says what it costs."
          value={wishes.novelty ?? 0}
          onChange={(value) => onChange({ novelty: value === 0 ? undefined : value })}
        />
      </Group>
    </Group>
  );
}

interface DialProps {
  readonly label: string;
  readonly help: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Dial({ label, help, value, onChange }: DialProps) {
  const [moving, setMoving] = useState<number | null>(null);
  const shown = moving ?? value;
  return (
    <Stack gap={14} w={210} mb={10}>
      <Group justify="space-between" gap={4} wrap="nowrap">
        <Text size="sm" fw={500}>
          <HelpTerm help={help}>{label}</HelpTerm>
        </Text>
        <Text size="xs" c="dimmed">
          {shown === 0 ? "as the model has it" : `${String(Math.round(shown * 100))} %`}
        </Text>
      </Group>
      <Slider
        thumbLabel={label}
        label={null}
        min={0}
        max={1}
        step={0.05}
        value={shown}
        onChange={setMoving}
        onChangeEnd={(end) => {
          setMoving(null);
          onChange(end);
        }}
      />
    </Stack>
  );
}
