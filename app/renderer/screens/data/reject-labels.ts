import type { z } from "zod";
import type { rejectReason } from "../../../../core/contract/entities.ts";

/** Why a record was put aside, in words. */
export const rejectLabels: Readonly<Record<z.infer<typeof rejectReason>, string>> = {
  ragged: "Wrong number of fields",
  "missing-user": "No user",
  "missing-item": "No film",
  "missing-rating": "No rating",
  "rating-not-a-number": "Rating is not a number",
  "rating-off-scale": "Rating off the scale",
  "bad-time": "Time cannot be read",
  "bad-encoding": "Wrong encoding",
  "not-a-record": "Not a record",
};
