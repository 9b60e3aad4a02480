import { ReelbenchError } from "../../contract/errors.ts";
import type { Anchor } from "./anchor.ts";
import type { AnchorRatings } from "./anchor-ratings.ts";
import { knownShapes, recognise } from "./datasets.ts";
import type { DatasetId } from "./datasets.ts";
import { liangMovieLens, liangSongs } from "./liang-held-out.ts";
import { myfmU1 } from "./myfm-u1.ts";
import { ncfLeaveOneOut } from "./ncf-leave-one-out.ts";
import { surpriseCrossValidation } from "./surprise-cv.ts";
import { tois } from "./tois.ts";

export const anchors: readonly Anchor[] = [
  surpriseCrossValidation,
  myfmU1,
  tois,
  ncfLeaveOneOut,
  liangMovieLens,
  liangSongs,
];

export interface FittingAnchors {
  readonly dataset: { readonly id: DatasetId; readonly name: string };
  readonly anchors: readonly Anchor[];
  /** Those of this data set that cannot be rerun on it as it is, and why. */
  readonly unfit: readonly { readonly anchor: Anchor; readonly reason: string }[];
}

/**
 * Which published tables can be rerun on these ratings: all, or those named.
 * @throws ReelbenchError RB_INVALID_INPUT for data that no table speaks of, a protocol of other data, or one that this data
 * cannot serve; RB_NOT_FOUND for a protocol that does not exist.
 */
export function fittingAnchors(ratings: AnchorRatings, protocols: readonly string[] | undefined): FittingAnchors {
  const wanted = protocols?.map((id) => {
    const found = anchors.find((anchor) => anchor.id === id);
    if (found === undefined)
      throw new ReelbenchError(
        "RB_NOT_FOUND",
        `There is no protocol "${id}". There are: ${anchors.map((anchor) => anchor.id).join(", ")}.`,
      );
    return found;
  });
  const dataset = recognise(ratings);
  if (dataset === null)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `No published table here speaks of this data (${ratings.rating.length.toLocaleString("en-US")} ratings, ${ratings.users.toLocaleString("en-US")} users, ${ratings.items.toLocaleString("en-US")} items).`,
      { remedy: `Give one of these, whole and as published: ${knownShapes()}.` },
    );
  const here = (wanted ?? anchors).filter((anchor) => anchor.datasets.includes(dataset.id));
  const other = wanted?.find((anchor) => !anchor.datasets.includes(dataset.id));
  if (other !== undefined)
    throw new ReelbenchError(
      "RB_INVALID_INPUT",
      `${other.id} is a protocol for ${other.datasets.join(", ")}; this is ${dataset.name}.`,
    );
  const judged = here.map((anchor) => ({ anchor, reason: anchor.unfit?.(ratings) ?? null }));
  const unfit = judged.flatMap(({ anchor, reason }) => (reason === null ? [] : [{ anchor, reason }]));
  const [first] = unfit;
  if (wanted !== undefined && first !== undefined)
    throw new ReelbenchError("RB_INVALID_INPUT", `${first.anchor.id} cannot be rerun: ${first.reason}.`);
  return { dataset, anchors: judged.flatMap(({ anchor, reason }) => (reason === null ? [anchor] : [])), unfit };
}
