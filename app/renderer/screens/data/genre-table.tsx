import { Card, Text } from "@mantine/core";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatCount, formatDecimal, formatQuantity } from "../../components/format/numbers.ts";
import { DataTable } from "../../components/table/data-table.tsx";
import type { DataColumn } from "../../components/table/data-table.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { DrillLink } from "./drill-link.tsx";
import { signed } from "./feature-columns.tsx";

type Genre = MethodOutput<"snapshots.genres">["genres"][number];

export function GenreTable({ snapshot }: { readonly snapshot: Snapshot }) {
  const answer = useQueryMethod("snapshots.genres", { snapshotId: snapshot.id });
  const columns: readonly DataColumn<Genre>[] = [
    { id: "genre", header: "Genre", width: 200, value: ({ genre }) => genre },
    {
      id: "items",
      header: "Films",
      width: 110,
      numeric: true,
      value: ({ items }) => items,
      cell: ({ genre, items }) => (
        <DrillLink
          snapshotId={snapshot.id}
          to={{ table: "items", filter: { genre } }}
          label={`Show the ${formatCount(items)} films of ${genre}`}
        >
          {formatCount(items)}
        </DrillLink>
      ),
    },
    {
      id: "ratings",
      header: "Ratings",
      width: 120,
      numeric: true,
      value: ({ ratings }) => ratings,
      cell: ({ genre, ratings }) => (
        <DrillLink
          snapshotId={snapshot.id}
          to={{ table: "rows", filter: { genre } }}
          label={`Show the ${formatCount(ratings)} ratings of ${genre}`}
        >
          {formatCount(ratings)}
        </DrillLink>
      ),
    },
    {
      id: "mean",
      header: "Mean",
      width: 100,
      numeric: true,
      value: ({ mean }) => mean,
      cell: ({ mean }) => formatDecimal(mean, 2),
    },
    {
      id: "bias",
      header: "Against all",
      width: 120,
      numeric: true,
      value: ({ bias }) => bias,
      cell: ({ bias }) => signed(bias),
    },
  ];
  return (
    <Answer of={answer} height={360} errorTitle="The genres could not be counted">
      {({ genres, without }) => (
        <Card padding={0}>
          <Text size="sm" c="dimmed" px="md" py="sm">
            {genres.length === 0
              ? "No genre is known of any film: import the ratings together with their file of titles."
              : `A film of several genres counts in each. ${without === 0 ? "Every film has one." : `${formatQuantity(without, "film")} without a genre.`}`}
          </Text>
          {genres.length > 0 && (
            <DataTable
              label="Genres of the snapshot"
              columns={columns}
              rows={genres}
              rowId={({ genre }) => genre}
              rowLabel={({ genre }) => genre}
              maxHeight="max(360px, calc(100vh - 380px))"
            />
          )}
        </Card>
      )}
    </Answer>
  );
}
