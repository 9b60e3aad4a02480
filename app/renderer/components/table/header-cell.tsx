import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { SortingState } from "@tanstack/react-table";
import { memo } from "react";
import { Notation } from "../notation.tsx";
import styles from "./data-table.module.css";

interface HeaderCellProps {
  readonly column: {
    readonly id: string;
    readonly header: string;
    readonly help?: string;
    readonly numeric?: boolean;
    readonly bestFirst?: "high" | "low";
  };
  readonly sorting: SortingState;
  readonly onSort: (sorting: SortingState) => void;
  readonly offset: number | undefined;
}

/** A header that sorts: best (or A) first, then the other way, then not at all. */
export const HeaderCell = memo(function HeaderCell({ column, sorting, onSort, offset }: HeaderCellProps) {
  const current = sorting.find(({ id }) => id === column.id);
  const firstDescending = column.bestFirst === "high";
  const next = (): SortingState => {
    if (current === undefined) return [{ id: column.id, desc: firstDescending }];
    return current.desc === firstDescending ? [{ id: column.id, desc: !firstDescending }] : [];
  };
  const button = (
    <UnstyledButton
      className={styles["sort"]}
      style={{ justifyContent: column.numeric === true ? "flex-end" : "flex-start" }}
      onClick={() => onSort(next())}
    >
      <span className={styles["title"]}>
        <Notation>{column.header}</Notation>
      </span>
      {current !== undefined &&
        (current.desc ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />)}
    </UnstyledButton>
  );
  return (
    <th
      scope="col"
      aria-sort={current === undefined ? "none" : current.desc ? "descending" : "ascending"}
      className={offset === undefined ? undefined : styles["pinned"]}
      style={{ left: offset }}
    >
      {column.help === undefined || column.help === "" ? button : <Tooltip label={column.help}>{button}</Tooltip>}
    </th>
  );
});
