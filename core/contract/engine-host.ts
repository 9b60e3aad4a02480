/**
 * What the engine's process and the process that started it (Electron's main, or a Node parent) say to each other, over
 * `parentPort`. Renderer channels come as transferred MessagePorts beside a `renderer` message. Children are asked for
 * because inside Electron only the main process may start a utility process.
 */
import { z } from "zod";

const child = z.int().positive();

/** From the host to the engine. */
export const hostMessage = z.discriminatedUnion("type", [
  /** The first message. Answered with `opened` or `open-failed`. */
  z.object({
    type: z.literal("open"),
    workspaceDirectory: z.string().min(1),
    threads: z.int().min(1).max(256).optional(),
    /** The host answers `secret` with the system's keychain. Left out: there is none. */
    keychain: z.boolean().optional(),
  }),
  /** A front to serve: the port is in the event's `ports[0]`. May come before `open` is answered; requests wait. */
  z.object({ type: z.literal("renderer") }),
  /** Stop: running jobs become `interrupted`, the workspace is closed, `closed` is sent and the process exits 0. */
  z.object({ type: z.literal("close") }),
  /** Exactly once for each `secret`. `error`: why the keychain would not, for people. */
  z.object({
    type: z.literal("secret-answer"),
    request: z.int().positive(),
    secret: z.string().nullable(),
    error: z.string().nullable(),
  }),
  z.object({ type: z.literal("child-started"), child, pid: z.int().positive().nullable() }),
  z.object({ type: z.literal("child-message"), child, message: z.unknown() }),
  /** Exactly once for each fork, also when it could not be started. `reason`: "exit 1", "SIGKILL", … */
  z.object({ type: z.literal("child-exit"), child, code: z.int().nullable(), reason: z.string() }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** From the engine to the host. */
export const engineMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("opened"), workspaceDirectory: z.string(), workspaceId: z.string() }),
  z.object({
    type: z.literal("open-failed"),
    error: z.object({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  z.object({ type: z.literal("closed") }),
  /** Start `entryUrl(entry)` as child number `child` (numbers are never used twice). */
  z.object({
    type: z.literal("fork"),
    child,
    entry: z.enum(["trainer", "publisher", "server"]),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
  }),
  /**
   * A secret of the workspace, kept by the host in the system's keychain under `name` (`<workspace id>/<what>`). `find`
   * answers null where there is none; `keep` comes with the secret, which is logged nowhere.
   */
  z.object({
    type: z.literal("secret"),
    request: z.int().positive(),
    action: z.enum(["find", "keep", "forget"]),
    name: z.string().min(1).max(200),
    secret: z.string().max(10_000).optional(),
  }),
  z.object({ type: z.literal("child-send"), child, message: z.unknown() }),
  z.object({ type: z.literal("child-kill"), child }),
]);
export type EngineMessage = z.infer<typeof engineMessage>;
