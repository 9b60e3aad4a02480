import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import type { ItemFeatures } from "../../../../core/contract/snapshot-tables.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { EntityTable } from "./entity-table.tsx";
import type { EntityColumn } from "./entity-table.tsx";
import { featureColumns } from "./feature-columns.tsx";
import { useEntityFilter } from "./use-entity-filter.ts";

type Sort = NonNullable<MethodInput<"snapshots.items">["sort"]>;

export function FilmTable({ snapshot }: { readonly snapshot: Snapshot }) {
  const { connection } = useEngine();
  const { filter } = useEntityFilter();
  const columns: readonly EntityColumn<ItemFeatures>[] = [
    {
      id: "item",
      header: "Film id",
      sortable: true,
      width: 76,
      value: (row) => row.itemId,
      cell: (row) => row.itemId,
    },
    {
      id: "title",
      header: "Title",
      sortable: true,
      width: 226,
      value: ({ title }) => title,
      cell: ({ title }) => <span title={title ?? undefined}>{title ?? "–"}</span>,
    },
    {
      id: "year",
      header: "Year",
      numeric: true,
      sortable: true,
      width: 66,
      value: ({ year }) => year,
      cell: ({ year }) => year ?? "–",
    },
    {
      id: "genres",
      header: "Genres",
      width: 142,
      value: ({ genres }) => genres.join(", "),
      cell: ({ genres }) => <span title={genres.join(", ")}>{genres.join(", ") || "–"}</span>,
    },
    ...(snapshot.attributes === undefined || snapshot.attributes.items === 0
      ? []
      : [
          {
            id: "tags",
            header: "Tags",
            width: 180,
            value: ({ tags }: ItemFeatures) => tags.join(", "),
            cell: ({ tags }: ItemFeatures) => <span title={tags.join(", ")}>{tags.join(", ") || "–"}</span>,
          },
        ]),
    ...featureColumns<ItemFeatures>(
      snapshot.id,
      ({ title, itemId }) => title ?? itemId,
      ({ itemId }) => ({ itemId }),
    ),
  ];
  return (
    <EntityTable
      label="Films of the snapshot"
      searchLabel={snapshot.attributes === undefined ? "Title or id holds" : "Title, id or tag holds"}
      all={snapshot.items}
      columns={columns}
      page={(offset, limit, { id, descending }) => {
        const input = { snapshotId: snapshot.id, filter, sort: id as Sort, descending, offset, limit };
        return {
          queryKey: ["snapshots.items", input],
          queryFn: ({ signal }) => connection.request("snapshots.items", input, signal),
        };
      }}
    />
  );
}
