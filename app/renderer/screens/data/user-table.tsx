import { Badge } from "@mantine/core";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import type { UserFeatures } from "../../../../core/contract/snapshot-tables.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { EntityTable } from "./entity-table.tsx";
import type { EntityColumn } from "./entity-table.tsx";
import { featureColumns } from "./feature-columns.tsx";
import { useEntityFilter } from "./use-entity-filter.ts";

type Sort = NonNullable<MethodInput<"snapshots.users">["sort"]>;

const reasonWords = {
  constant: "always the same",
  burst: "within an hour",
  everything: "most of the catalogue",
} as const;

export function UserTable({ snapshot }: { readonly snapshot: Snapshot }) {
  const { connection } = useEngine();
  const { filter } = useEntityFilter();
  const columns: readonly EntityColumn<UserFeatures>[] = [
    { id: "user", header: "User", sortable: true, width: 140, value: (row) => row.userId, cell: (row) => row.userId },
    ...(snapshot.attributes === undefined || snapshot.attributes.users === 0
      ? []
      : [
          {
            id: "attributes",
            header: "Attributes",
            help: "What the file of users says.",
            width: 320,
            value: ({ attributes }: UserFeatures) => attributes.join(", "),
            cell: ({ attributes }: UserFeatures) => (
              <span title={attributes.join(", ")}>{attributes.join(", ") || "–"}</span>
            ),
          },
        ]),
    ...featureColumns<UserFeatures>(
      snapshot.id,
      ({ userId }) => userId,
      ({ userId }) => ({ userId }),
    ),
    {
      id: "levels",
      header: "Different",
      help: "How many different ratings the user gave.",
      numeric: true,
      sortable: true,
      width: 100,
      value: ({ levels }) => levels,
      cell: ({ levels }) => levels,
    },
    {
      id: "reasons",
      header: "Suspicious",
      width: 260,
      value: ({ reasons }) => reasons.map((reason) => reasonWords[reason]).join(", "),
      cell: ({ reasons }) =>
        reasons.map((reason) => (
          <Badge key={reason} color="orange" mr={6}>
            {reasonWords[reason]}
          </Badge>
        )),
    },
  ];
  return (
    <EntityTable
      label="Users of the snapshot"
      searchLabel={snapshot.attributes === undefined ? "Id holds" : "Id or attribute holds"}
      all={snapshot.users}
      columns={columns}
      page={(offset, limit, { id, descending }) => {
        const input = { snapshotId: snapshot.id, filter, sort: id as Sort, descending, offset, limit };
        return {
          queryKey: ["snapshots.users", input],
          queryFn: ({ signal }) => connection.request("snapshots.users", input, signal),
        };
      }}
    />
  );
}
