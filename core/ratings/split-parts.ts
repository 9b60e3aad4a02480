import type { PredefinedPart, SplitProtocol } from "../contract/entities.ts";
import { ReelbenchError } from "../contract/errors.ts";

/**
 * The byte of each rating in `assignment.bin` (docs/reference/formats.md). For k-fold it is the fold's number instead, for
 * rolling origin the number of cut-offs that lie before the rating.
 */
export const trainPart = 0;
export const testPart = 1;
export const validationPart = 2;
/** Ratings of users that training never sees, given to the model when it is asked. */
export const testFoldInPart = 3;
export const validationFoldInPart = 4;
export const unusedPart = 255;

export function partCode(part: PredefinedPart): number {
  return { train: trainPart, test: testPart, validation: validationPart }[part];
}

/** What becomes of the ratings of each byte, and which ratings of the tested ones count. */
export interface PartRoles {
  /** [256] 1 for bytes that are trained on, tested, folded in. */
  readonly train: Uint8Array;
  readonly test: Uint8Array;
  readonly foldIn: Uint8Array;
  /** Tested ratings below are left out. */
  readonly relevantFrom: number;
}

/** How many models an evaluation by this protocol trains; null: one. */
export function foldsOf(protocol: SplitProtocol): number | null {
  if (protocol.protocol === "k-fold") return protocol.folds;
  return protocol.protocol === "rolling-origin" ? protocol.cutoffs : null;
}

/** Whether the protocol keeps a part for tuning. A predefined one may; only its ratings tell. */
export function keepsValidation(protocol: SplitProtocol): boolean {
  if (protocol.protocol === "predefined") return true;
  if ("validation" in protocol) return protocol.validation === true;
  return "validationShare" in protocol && protocol.validationShare !== undefined;
}

/**
 * Who is trained on and who is tested: on the test, or on the validation part. `fold` null for protocols with one model.
 * Throws RB_NOT_FOUND for a fold that does not exist, RB_INVALID_INPUT where no validation part is kept.
 */
export function partRoles(
  protocol: SplitProtocol,
  fold: number | null,
  tested: "test" | "validation" = "test",
): PartRoles {
  const folds = foldsOf(protocol);
  if (tested === "validation" && !keepsValidation(protocol))
    throw new ReelbenchError("RB_INVALID_INPUT", "The split keeps no validation part.", {
      remedy: "Make a split with a validation part, and tune on that one.",
    });
  if (folds === null ? fold !== null : fold === null || !Number.isInteger(fold) || fold < 0 || fold >= folds)
    throw new ReelbenchError("RB_NOT_FOUND", `The split has no fold ${String(fold)}.`);
  const relevantFrom = protocol.relevantFrom ?? -Infinity;
  const of = (wanted: (part: number) => boolean) => new Uint8Array(256).map((_, part) => (wanted(part) ? 1 : 0));
  if (folds === null || fold === null) {
    const [part, folded] = tested === "test" ? [testPart, testFoldInPart] : [validationPart, validationFoldInPart];
    return {
      train: of((byte) => byte === trainPart),
      test: of((byte) => byte === part),
      foldIn: of((byte) => byte === folded),
      relevantFrom,
    };
  }
  const kept = keepsValidation(protocol);
  if (protocol.protocol === "rolling-origin") {
    const test = fold + (kept ? 2 : 1);
    const wanted = tested === "test" ? test : test - 1;
    return {
      train: of((byte) => byte <= fold),
      test: of((byte) => byte === wanted),
      foldIn: of(() => false),
      relevantFrom,
    };
  }
  const validation = kept ? (fold + 1) % folds : -1;
  const wanted = tested === "test" ? fold : validation;
  return {
    train: of((byte) => byte < folds && byte !== fold && byte !== validation),
    test: of((byte) => byte === wanted),
    foldIn: of(() => false),
    relevantFrom,
  };
}
