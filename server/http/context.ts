import type { Pool } from "pg";
import type { AccountServices } from "../accounts/account-services.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import type { WhoseRankings } from "../cache/rankings.ts";
import type { ServerConfig } from "../config.ts";
import type { RecordFeedback } from "../feedback/record-feedback.ts";
import type { ModelStatus } from "../live-model/follow-deployment.ts";
import type { LiveModels } from "../live-model/live-models.ts";
import type { Recommendations } from "../recommendations.ts";
import type { AccessLines } from "../telemetry/access-lines.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Predictions } from "../predictions.ts";
import type { Trending } from "../trending.ts";
import type { Database } from "../../core/production/database.ts";

/** What the routes work with. */
export interface ServerContext {
  readonly config: ServerConfig;
  /** Name and version of this software. */
  readonly software: string;
  /** For what requests read. */
  readonly database: Database;
  /** For what may be some seconds old: a replica, where one is configured. */
  readonly lagging: Database;
  /** For what they change. */
  readonly pools: { readonly writes: Pool; readonly control: Pool };
  readonly models: LiveModels;
  readonly recommendations: Recommendations;
  readonly predictions: Predictions;
  readonly trending: Trending;
  readonly recordFeedback: RecordFeedback;
  readonly metrics: Metrics;
  /** Gets a line for each request. */
  readonly accessLines: AccessLines;
  /** Null where the server has no accounts. */
  readonly accounts: AccountServices | null;
  readonly authenticator: Authenticator;
  /** Forgets kept lists: all, or those of a version or of a user of the data; tells how many there were in memory. */
  readonly forgetRankings: (whose: WhoseRankings) => Promise<number>;
  /** Says from now on that it is not ready, or that it is again. */
  readonly drain: (draining: boolean) => void;
  readonly health: () => Health;
  readonly modelStatus: () => ModelStatus;
}

export interface Health {
  readonly draining: boolean;
  readonly postgres: "up" | "down";
  readonly redis: "up" | "down" | "not-configured";
}
