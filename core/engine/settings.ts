import type { Limits } from "../contract/settings.ts";
import { limits as limitsSchema } from "../contract/settings.ts";
import { exists, writeFileAtomic } from "../files/atomic.ts";
import { readJson } from "../files/json.ts";
import { version } from "../version.ts";
import type { DirectHandlers } from "./handlers.ts";
import { readLog } from "./log-reader.ts";
import type { Rooms } from "./rooms.ts";

interface Machine {
  readonly threads: number;
  readonly memory: number;
}

interface LimitsInForce {
  get(): Limits;
  set(limits: Limits): Promise<void>;
  readonly machine: Machine;
  /** What trainings get: the machine's, or less. A workspace may come from a larger machine. */
  used(): Machine;
}

const none: Limits = { threads: null, memory: null };

/** The limits kept in a workspace. A file that cannot be understood limits nothing: it must not keep the workspace shut. */
export async function openLimits(file: string, machine: Machine): Promise<LimitsInForce> {
  let current = (await exists(file)) ? await readJson(file, limitsSchema).catch(() => none) : none;
  return {
    machine,
    get: () => current,
    async set(next) {
      await writeFileAtomic(file, `${JSON.stringify(next)}\n`);
      current = next;
    },
    used: () => ({
      threads: Math.min(current.threads ?? machine.threads, machine.threads),
      memory: Math.min(current.memory ?? machine.memory, machine.memory),
    }),
  };
}

type SettingsMethod = "limits.get" | "limits.set" | "logs.read" | "workspace.recovery" | "diagnostics.get";

/** Lines of the log that go into a report. */
const reportedEntries = 2000;

export function settingsHandlers(
  rooms: Rooms,
  limits: LimitsInForce,
  afterCrash: boolean,
): DirectHandlers<SettingsMethod> {
  const { catalogue, paths, recovery, schemaVersion } = rooms.workspace;
  const inForce = () => ({ limits: limits.get(), machine: limits.machine, used: limits.used() });
  return {
    "limits.get": inForce,
    "limits.set": async (next) => {
      await limits.set(next);
      rooms.log(`trainings may now use ${JSON.stringify(limits.used())}`);
      return inForce();
    },
    "logs.read": (question) => readLog(paths.logs, question),
    "workspace.recovery": () => ({
      openedAt: rooms.startedAt.toISOString(),
      afterCrash,
      interruptedJobs: recovery.interruptedJobs.map(({ id, title }) => ({ id, title })),
      adopted: [...recovery.adopted],
      missing: [...recovery.missing],
      refused: [...recovery.refused],
      removed: recovery.removed,
    }),
    "diagnostics.get": async () => {
      const { entries } = await readLog(paths.logs, { text: "", level: "info", limit: reportedEntries });
      const versions = {
        reelbench: version,
        ...process.versions,
        platform: process.platform,
        architecture: process.arch,
        machine: limits.machine,
        used: limits.used(),
        startedAt: rooms.startedAt.toISOString(),
      };
      const jobs = catalogue.jobs.list({ limit: 1000 });
      const shape = {
        schemaVersion,
        afterCrash,
        adopted: recovery.adopted.length,
        missing: recovery.missing.length,
        refused: recovery.refused.length,
        removed: recovery.removed,
        sources: catalogue.sources.list().map(({ read, accepted, rejected }) => ({ read, accepted, rejected })),
        snapshots: catalogue.snapshots.list().map(({ ratings, users, items }) => ({ ratings, users, items })),
        splits: catalogue.splits
          .list()
          .map(({ protocol, train, test }) => ({ protocol: protocol.protocol, train, test })),
        runs: tally(catalogue.runs.list().map(({ algorithm, state }) => `${algorithm}, ${state}`)),
        jobs: tally(jobs.map(({ kind, state, error }) => [kind, state, error?.code].filter(Boolean).join(", "))),
      };
      return {
        files: [
          { name: "versions.json", text: JSON.stringify(versions, null, 2) },
          { name: "workspace-shape.json", text: JSON.stringify(shape, null, 2) },
          { name: "engine-log.jsonl", text: entries.map((entry) => JSON.stringify(entry)).join("\n") },
        ],
      };
    },
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
