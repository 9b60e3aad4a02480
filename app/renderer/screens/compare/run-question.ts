import type { z } from "zod";
import type { MethodInput } from "../../../../core/contract/methods.ts";
import { parseRunSearch } from "../../../../core/contract/run-search.ts";
import type { compareSearch } from "../../search-params.ts";
import { fieldOfColumn } from "./run-columns.tsx";

export type CompareSearch = z.infer<typeof compareSearch>;
export type RunQuestion = Omit<MethodInput<"runs.query">, "offset" | "limit">;

export interface RunOrder {
  readonly column: string;
  readonly descending: boolean;
}

/** By which column the address says that runs are sorted; newest first where it says nothing. */
export function orderOf({ sort, descending }: CompareSearch): RunOrder {
  return sort === undefined
    ? { column: "createdAt", descending: true }
    : { column: sort, descending: descending === true };
}

/** Which runs the address asks for. A search that cannot be understood finds all: the box says what is wrong with it. */
export function runQuestion(search: CompareSearch): RunQuestion {
  const { filter = "", show = "active", trials = false, split } = search;
  const { column, descending } = orderOf(search);
  return {
    where: "expression" in parseRunSearch(filter) ? filter : "",
    show,
    trials,
    ...(split === undefined ? {} : { splitId: split }),
    sort: [{ field: fieldOfColumn(column), descending }],
  };
}
