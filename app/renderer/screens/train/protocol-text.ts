import type { Split, SplitProtocol } from "../../../../core/contract/entities.ts";

export const protocolNames: Readonly<Record<SplitProtocol["protocol"], string>> = {
  "global-temporal": "Global temporal",
  "per-user-temporal": "Per-user temporal",
  "leave-last-out": "Leave last out",
  random: "Random",
  "k-fold": "k-fold cross-validation",
};

/** "Global temporal, last 20%". */
export function protocolTitle(protocol: SplitProtocol): string {
  const name = protocolNames[protocol.protocol];
  switch (protocol.protocol) {
    case "global-temporal":
    case "per-user-temporal":
      return `${name}, last ${percent(protocol.testShare)}`;
    case "random":
      return `${name}, ${percent(protocol.testShare)} tested`;
    case "k-fold":
      return `${String(protocol.folds)}-fold cross-validation`;
    case "leave-last-out":
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
