import type { Split, SplitProtocol } from "../../../../core/contract/entities.ts";

export const protocolNames: Readonly<Record<SplitProtocol["protocol"], string>> = {
  "global-temporal": "Global temporal",
  "rolling-origin": "Rolling origin",
  "per-user-temporal": "Per-user temporal",
  "leave-last-out": "Leave last out",
  random: "Random",
  "k-fold": "k-fold cross-validation",
  "held-out-users": "Held-out users",
  predefined: "As the files say",
};

/** "Global temporal, last 20%". */
export function protocolTitle(protocol: SplitProtocol): string {
  return [
    protocolShape(protocol),
    ...(protocol.relevantFrom === undefined ? [] : [`only ratings from ${String(protocol.relevantFrom)} tested`]),
    ...(keepsValidation(protocol) ? ["with validation"] : []),
  ].join(", ");
}

function keepsValidation(protocol: SplitProtocol): boolean {
  return (
    ("validation" in protocol && protocol.validation === true) ||
    ("validationShare" in protocol && protocol.validationShare !== undefined)
  );
}

function protocolShape(protocol: SplitProtocol): string {
  const name = protocolNames[protocol.protocol];
  switch (protocol.protocol) {
    case "global-temporal":
    case "per-user-temporal":
      return `${name}, last ${percent(protocol.testShare)}`;
    case "random":
      return `${name}, ${percent(protocol.testShare)} tested`;
    case "k-fold":
      return `${String(protocol.folds)}-fold cross-validation`;
    case "rolling-origin":
      return `${name}, ${String(protocol.cutoffs)} cut-offs over the last ${percent(protocol.testShare)}`;
    case "held-out-users":
      return `${name}, ${percent(protocol.testShare)} of the people`;
    case "leave-last-out":
    case "predefined":
      return name;
  }
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))}%`;
}

/** One line for a drop-down. */
export function splitTitle(split: Pick<Split, "protocol" | "seed">): string {
  return `${protocolTitle(split.protocol)} · seed ${String(split.seed)}`;
}

export function sameProtocol(left: SplitProtocol, right: SplitProtocol): boolean {
  const parts = (protocol: SplitProtocol) => new Map<string, unknown>(Object.entries(protocol));
  const others = parts(right);
  return others.size === parts(left).size && [...parts(left)].every(([name, value]) => others.get(name) === value);
}
