import { engineMessage } from "../../../core/contract/engine-host.ts";
import type { EngineMessage } from "../../../core/contract/engine-host.ts";
import type { ErrorEnvelope } from "../../../core/contract/errors.ts";
import type { SecretStore } from "../keychain.ts";
import { answerSecret } from "./answer-secret.ts";
import { engineChildren } from "./engine-children.ts";
import { tell } from "./engine-process.ts";
import type { ChildProcess, StartProgram } from "./engine-process.ts";

/** Why there is no engine, for a person. */
export interface EngineFailure {
  readonly title: string;
  readonly detail: string;
}

export interface EngineHostOptions<Channel> {
  readonly start: StartProgram<Channel>;
  readonly workspaceDirectory: string;
  /** Milliseconds for the engine to say that the workspace is open (migrations and reconciling included). */
  readonly openTimeout?: number;
  /** Milliseconds for it to close before it is killed. */
  readonly closeTimeout?: number;
  /** So many ends within `crashWindow` milliseconds, and it is not started again by itself. */
  readonly mostCrashes?: number;
  readonly crashWindow?: number;
  /** Where the engine's secrets are kept; null: this system has no keychain. Asked each time an engine is started. */
  readonly keychain?: () => SecretStore | null;
  readonly log: (message: string) => void;
  /** The workspace is open, also after the engine was started again. */
  readonly onOpened?: (workspaceId: string) => void;
  /** The workspace cannot be opened, or the engine keeps dying. `start()` tries again. */
  readonly onFailure: (failure: EngineFailure) => void;
}

export interface EngineHost<Channel> {
  start(): void;
  /** Gives one end of a channel to the engine. It waits when there is no engine now and is closed with the engine. */
  connect(channel: Channel): void;
  /** Asks the engine to close, kills it when it does not. Resolves when no process of this host is left. */
  close(): Promise<void>;
}

interface Running<Channel> {
  readonly process: ChildProcess<Channel>;
  opened: boolean;
  /** Set once the engine has said why it cannot open, or was given up on. */
  failure: EngineFailure | null;
}

/**
 * Keeps one engine process alive for the windows: starts it, waits for its word that the workspace is open, starts it
 * again when it dies (the renderers see their channels close and ask for new ones), and gives up aloud when it keeps
 * dying, because a loop of crashes only hides the cause and wears the disk.
 */
export function engineHost<Channel>(options: EngineHostOptions<Channel>): EngineHost<Channel> {
  const {
    openTimeout = 60_000,
    closeTimeout = 10_000,
    mostCrashes = 4,
    crashWindow = 120_000,
    log,
    onFailure,
  } = options;
  const waiting: Channel[] = [];
  const ends: number[] = [];
  let running: Running<Channel> | null = null;
  let closing: { readonly done: () => void } | null = null;

  const start = () => {
    if (running !== null || closing !== null) return;
    const child = options.start("engine", { args: [], env: {} });
    const current: Running<Channel> = { process: child, opened: false, failure: null };
    running = current;
    const keychain = options.keychain?.() ?? null;
    const children = engineChildren(options.start, (message) => tell(child, message));
    const timer = setTimeout(() => {
      current.failure = {
        title: "The engine does not answer",
        detail: `The workspace ${options.workspaceDirectory} was not open after ${String(openTimeout / 1000)} seconds.`,
      };
      child.kill();
    }, openTimeout);

    child.onMessage((message) => {
      const parsed = engineMessage.safeParse(message);
      if (!parsed.success) return log(`the engine said something unknown: ${parsed.error.message}`);
      hear(current, parsed.data, timer);
      if ("child" in parsed.data) children.handle(parsed.data);
      if (parsed.data.type === "secret") tell(child, answerSecret(keychain, parsed.data));
    });
    child.onExit((_code, reason) => {
      clearTimeout(timer);
      children.killAll();
      running = null;
      ended(current, reason);
    });
    tell(child, { type: "open", workspaceDirectory: options.workspaceDirectory, keychain: keychain !== null });
    for (const channel of waiting.splice(0)) tell(child, { type: "renderer" }, [channel]);
  };

  const hear = (current: Running<Channel>, message: EngineMessage, timer: NodeJS.Timeout) => {
    if (message.type === "opened") {
      clearTimeout(timer);
      current.opened = true;
      log(`the engine has opened ${message.workspaceDirectory}`);
      options.onOpened?.(message.workspaceId);
    } else if (message.type === "open-failed") {
      clearTimeout(timer);
      current.failure = failureOf(message.error);
      current.process.kill();
    }
  };

  const ended = (current: Running<Channel>, reason: string) => {
    if (closing !== null) return closing.done();
    if (current.failure !== null) return onFailure(current.failure);
    log(`the engine ended (${reason})`);
    const now = Date.now();
    ends.push(now);
    while (ends[0] !== undefined && ends[0] < now - crashWindow) ends.shift();
    if (ends.length < mostCrashes) return start();
    ends.length = 0;
    onFailure({
      title: "The engine keeps ending",
      detail: `It ended ${String(mostCrashes)} times in a short while, last: ${reason}. What was finished is kept; running jobs can be resumed.`,
    });
  };

  return {
    start,
    connect(channel) {
      if (running === null) waiting.push(channel);
      else tell(running.process, { type: "renderer" }, [channel]);
    },
    close() {
      return new Promise((resolve) => {
        if (running === null) {
          closing = { done: () => undefined };
          return resolve();
        }
        const { process: child } = running;
        const timer = setTimeout(() => {
          log("the engine did not close in time and is killed");
          child.kill();
        }, closeTimeout);
        closing = {
          done: () => {
            clearTimeout(timer);
            resolve();
          },
        };
        tell(child, { type: "close" });
      });
    },
  };
}

function failureOf(error: Extract<EngineMessage, { type: "open-failed" }>["error"] | ErrorEnvelope): EngineFailure {
  return { title: error.message, detail: `${error.remedy}\n\n(${error.code})` };
}
