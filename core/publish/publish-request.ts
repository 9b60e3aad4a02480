import type {
  CatalogueItem,
  EvaluationReport,
  MetricValue,
  ParityResult,
  Run,
  SplitProtocol,
} from "../contract/entities.ts";
import type { ProcessHost } from "../jobs/process-host.ts";
import type { GateResult } from "../production/evaluations.ts";
import type { History } from "../production/histories.ts";
import type { PairedMetric } from "./gates.ts";
import type { TargetAddress } from "./target-address.ts";

export interface PublishRequest {
  readonly target: TargetAddress;
  /** The folder with the bundle (`card.json`, `model.safetensors`, …). */
  readonly bundleDirectory: string;
  /** Whose model it is. */
  readonly run: Pick<Run, "id" | "algorithm" | "snapshotId" | "splitId" | "modelHash">;
  /** What was measured: of the run itself, or for a refit of the run that chose it. */
  readonly evaluation: {
    readonly runId: string;
    readonly splitId: string;
    readonly protocol: SplitProtocol;
    readonly seed: number;
    readonly codeVersion: string;
    readonly metrics: readonly MetricValue[];
    /** The same by groups, where the run was judged by groups. */
    readonly segments?: Pick<EvaluationReport, "k" | "segments">;
  };
  /** Every item of the snapshot. */
  readonly catalogue: readonly CatalogueItem[];
  /** Users and ratings that `histories` will give. */
  readonly historyShape: { readonly users: number; readonly ratings: number };
  /** Every user of the snapshot with all ratings, from the first one at each call. Read once or twice, never kept. */
  readonly histories: () => AsyncIterable<History> | Iterable<History>;
  /**
   * This run's metrics against those of the champion's evaluated run, paired over users (`runs.compare`); null where the
   * workspace does not have that run. Without it the gate can only look whether the intervals overlap.
   */
  readonly pairedWith?: (championRunId: string) => Promise<readonly PairedMetric[] | null>;
  readonly overrideGates: boolean;
  /** Users asked in the parity probe. */
  readonly probes: number;
  /** Retired versions kept for going back; default 5. */
  readonly keepVersions?: number;
  /** Starts the bundled server where none is live. */
  readonly processHost: ProcessHost;
}

export interface PublishOutcome {
  /** Follows from the artifact alone: publishing the same model again, or resuming, finds the same version. */
  readonly version: string;
  readonly gates: readonly GateResult[];
  readonly parity: ParityResult;
  readonly activatedAt: Date;
  /** Live servers of the channel, and how many of them reported the new version within the time given. */
  readonly servers: { readonly live: number; readonly switched: number };
  /** What a person should know though nothing failed (Redis was away, servers are slow to switch). */
  readonly warnings: readonly string[];
}
