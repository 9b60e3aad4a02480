import { useQueryMethod } from "../../transport/hooks.ts";
import { splitTitle } from "../train/protocol-text.ts";

/** "Film club · Random, 20% tested · seed 1" for a split's id; the id where it is not known (yet). */
export function useSplitNames(): (id: string) => string {
  const { data: splits = [] } = useQueryMethod("splits.list", {});
  const { data: snapshots = [] } = useQueryMethod("snapshots.list", {});
  return (id) => {
    const split = splits.find((candidate) => candidate.id === id);
    if (split === undefined) return id;
    return `${snapshots.find((snapshot) => snapshot.id === split.snapshotId)?.name ?? ""} · ${splitTitle(split)}`;
  };
}
