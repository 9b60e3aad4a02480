import type { ReactNode } from "react";
import type { EntityFilter, RowFilter } from "../../../../core/contract/snapshot-tables.ts";
import { TextLink } from "../../components/link-button.tsx";

interface DrillLinkProps {
  readonly snapshotId: string;
  readonly to:
    | { readonly table: "rows"; readonly filter: RowFilter }
    | { readonly table: "users" | "items"; readonly filter: EntityFilter };
  /** What is behind the number, for those who hear it out of its place. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A number that leads to the rows it counts. */
export function DrillLink({ snapshotId, to, label, children }: DrillLinkProps) {
  return (
    <TextLink
      inherit
      to="/data/snapshots/$snapshotId"
      params={{ snapshotId }}
      search={
        to.table === "rows" ? { tab: "rows", where: to.filter } : { tab: "tables", list: to.table, among: to.filter }
      }
      aria-label={label}
    >
      {children}
    </TextLink>
  );
}
