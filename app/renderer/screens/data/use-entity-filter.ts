import { getRouteApi } from "@tanstack/react-router";
import type { EntityFilter } from "../../../../core/contract/snapshot-tables.ts";

const route = getRouteApi("/data/snapshots/$snapshotId");

/** Which users or films the address asks for, and how to ask for others. */
export function useEntityFilter(): {
  readonly filter: EntityFilter;
  readonly setText: (text: string) => void;
  readonly remove: (key: keyof EntityFilter) => void;
} {
  const { among } = route.useSearch();
  const navigate = route.useNavigate();
  const filter = among ?? {};
  const set = (next: EntityFilter) =>
    void navigate({
      search: (before) => ({ ...before, among: Object.keys(next).length === 0 ? undefined : next }),
      replace: true,
    });
  return {
    filter,
    setText: (text) => {
      const { text: _before, ...rest } = filter;
      set(text.trim() === "" ? rest : { ...rest, text: text.trim() });
    },
    remove: (key) => {
      const { [key]: _gone, ...rest } = filter;
      set(rest);
    },
  };
}
