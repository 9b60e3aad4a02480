import { formatCount, formatDecimal } from "../../components/format/numbers.ts";
import { formatDataDate } from "../../components/format/times.ts";
import type { RowFilter } from "../../../../core/contract/snapshot-tables.ts";
import { DrillLink } from "./drill-link.tsx";
import type { EntityColumn } from "./entity-table.tsx";

interface Features {
  readonly ratings: number;
  readonly mean: number;
  readonly deviation: number;
  readonly bias: number;
  readonly first: string | null;
  readonly last: string | null;
}

export function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${formatDecimal(value, 3)}`;
}

/** What users and films have in common; the number of ratings leads to them. */
export function featureColumns<Row extends Features>(
  snapshotId: string,
  nameOf: (row: Row) => string,
  filterOf: (row: Row) => RowFilter,
): readonly EntityColumn<Row>[] {
  return [
    {
      id: "ratings",
      header: "Ratings",
      numeric: true,
      sortable: true,
      width: 92,
      value: ({ ratings }) => ratings,
      cell: (row) => (
        <DrillLink
          snapshotId={snapshotId}
          to={{ table: "rows", filter: filterOf(row) }}
          label={`Show the ${formatCount(row.ratings)} ratings of ${nameOf(row)}`}
        >
          {formatCount(row.ratings)}
        </DrillLink>
      ),
    },
    {
      id: "mean",
      header: "Mean",
      numeric: true,
      sortable: true,
      width: 76,
      value: ({ mean }) => mean,
      cell: ({ mean }) => formatDecimal(mean, 2),
    },
    {
      id: "bias",
      header: "Bias",
      help: "How far above the mean of all, shrunk towards 0 where there are few ratings.",
      numeric: true,
      sortable: true,
      width: 80,
      value: ({ bias }) => bias,
      cell: ({ bias }) => signed(bias),
    },
    {
      id: "deviation",
      header: "Deviation",
      numeric: true,
      sortable: true,
      width: 96,
      value: ({ deviation }) => deviation,
      cell: ({ deviation }) => formatDecimal(deviation, 2),
    },
    {
      id: "first",
      header: "First",
      sortable: true,
      width: 112,
      value: ({ first }) => first,
      cell: ({ first }) => (first === null ? "–" : formatDataDate(first)),
    },
    {
      id: "last",
      header: "Last",
      sortable: true,
      width: 112,
      value: ({ last }) => last,
      cell: ({ last }) => (last === null ? "–" : formatDataDate(last)),
    },
  ];
}
