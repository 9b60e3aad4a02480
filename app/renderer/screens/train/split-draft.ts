import type { SplitProtocol } from "../../../../core/contract/entities.ts";

export type ProtocolName = SplitProtocol["protocol"];

/** A split being made by hand: every field of every protocol, so that nothing typed is lost when another is looked at. */
export interface SplitDraft {
  readonly protocol: ProtocolName;
  /** Shares are percentages here. */
  readonly testShare: number | string;
  readonly keepsValidation: boolean;
  readonly validationShare: number | string;
  readonly cutoffs: number | string;
  readonly folds: number | string;
  readonly foldInShare: number | string;
  readonly foldInBy: "random" | "time";
  /** Empty: every test rating counts. */
  readonly relevantFrom: number | string;
}

export const firstDraft: SplitDraft = {
  protocol: "global-temporal",
  testShare: 20,
  keepsValidation: false,
  validationShare: 10,
  cutoffs: 4,
  folds: 5,
  foldInShare: 80,
  foldInBy: "time",
  relevantFrom: "",
};

export type DraftField = "testShare" | "validationShare" | "cutoffs" | "folds" | "foldInShare" | "relevantFrom";

/** The fields that a protocol has, beside whether it keeps a validation part. */
export const fieldsOf: Readonly<Record<ProtocolName, readonly DraftField[]>> = {
  "global-temporal": ["testShare"],
  "rolling-origin": ["testShare", "cutoffs"],
  "per-user-temporal": ["testShare"],
  "leave-last-out": [],
  random: ["testShare"],
  "k-fold": ["folds"],
  "held-out-users": ["testShare", "foldInShare"],
  predefined: [],
};

/** Protocols whose validation part has a share of its own; the others keep one part more of the same kind. */
export function hasValidationShare(protocol: ProtocolName): boolean {
  return ["global-temporal", "per-user-temporal", "random", "held-out-users"].includes(protocol);
}

/** What is wrong with a field, for the person who typed it; null when nothing is. */
export function draftProblem(draft: SplitDraft, field: DraftField): string | null {
  const value = draft[field];
  if (field === "relevantFrom") return value === "" || typeof value === "number" ? null : "A rating, or nothing.";
  if (typeof value !== "number") return "A number is needed.";
  if (field === "cutoffs" || field === "folds")
    return Number.isInteger(value) && value >= 2 && value <= 20 ? null : "A whole number from 2 to 20.";
  if (value <= 0 || value >= 100) return "Above 0 and below 100.";
  if (field === "validationShare" && draft.protocol === "held-out-users") {
    const test = Number(draft.testShare);
    return value + test < 100 ? null : "Nobody would be left to train on.";
  }
  return null;
}

/** The protocol it stands for; null while a field that it needs is wrong. */
export function protocolOf(draft: SplitDraft): SplitProtocol | null {
  const { protocol, keepsValidation: keeps } = draft;
  const needed: DraftField[] = [...fieldsOf[protocol], "relevantFrom"];
  if (keeps && hasValidationShare(protocol)) needed.push("validationShare");
  if (needed.some((field) => draftProblem(draft, field) !== null)) return null;
  const share = (percent: number | string) => Number((Number(percent) / 100).toFixed(6));
  const relevant = draft.relevantFrom === "" ? {} : { relevantFrom: Number(draft.relevantFrom) };
  const testShare = share(draft.testShare);
  const withShare = { ...relevant, ...(keeps ? { validationShare: share(draft.validationShare) } : {}) };
  const withPart = { ...relevant, ...(keeps ? { validation: true } : {}) };
  switch (protocol) {
    case "global-temporal":
    case "per-user-temporal":
    case "random":
      return { protocol, testShare, ...withShare };
    case "rolling-origin":
      return { protocol, testShare, cutoffs: Number(draft.cutoffs), ...withPart };
    case "leave-last-out":
      return { protocol, ...withPart };
    case "k-fold":
      return { protocol, folds: Number(draft.folds), ...withPart };
    case "held-out-users":
      return { protocol, testShare, foldInShare: share(draft.foldInShare), foldInBy: draft.foldInBy, ...withShare };
    case "predefined":
      return { protocol, ...relevant };
  }
}
