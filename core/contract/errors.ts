/**
 * The one registry of what can go wrong. The same object travels through the transport, decides the CLI's exit code and
 * becomes the HTTP body (RFC 9457 problem+json). A code is stable for ever; its wording is not.
 */

interface ErrorDefinition {
  /** Problem class, in words for a person; details go in the instance's own message. */
  readonly title: string;
  /** What the person should do about it. */
  readonly remedy: string;
  /** HTTP status the server answers with. */
  readonly status: number;
  /** Process exit code of the CLI (sysexits-like: 64 usage, 65 data, 69 unavailable, 70 internal, 73 cannot create, 75 try again). */
  readonly exit: number;
}

const define = <const T extends Record<string, ErrorDefinition>>(definitions: T): T => definitions;

export const errorRegistry = define({
  // ── Requests ────────────────────────────────────────────────────────────────────────────────────────────────────────
  RB_INVALID_INPUT: {
    title: "The request does not have the expected shape",
    remedy: "Correct the fields named in the details and try again.",
    status: 400,
    exit: 64,
  },
  RB_UNKNOWN_METHOD: {
    title: "There is no such method",
    remedy: "Client and engine are of different versions; update the older one.",
    status: 404,
    exit: 64,
  },
  RB_NOT_FOUND: {
    title: "There is nothing under that name",
    remedy: "List what exists and choose from it.",
    status: 404,
    exit: 66,
  },
  RB_CONFLICT: {
    title: "That cannot be done in the present state",
    remedy: "Look at the state named in the message, then decide.",
    status: 409,
    exit: 75,
  },
  RB_CANCELLED: {
    title: "Cancelled",
    remedy: "Start or resume it again when you want to.",
    status: 499,
    exit: 130,
  },
  RB_PAUSED: {
    title: "Paused",
    remedy: "Resume it when you want to; it goes on from its last checkpoint.",
    status: 409,
    exit: 75,
  },
  RB_INTERNAL: {
    title: "An unexpected failure inside Reelbench",
    remedy: "This is a defect. Please report it with the log.",
    status: 500,
    exit: 70,
  },
  RB_TRANSPORT_CLOSED: {
    title: "The connection to the engine is gone",
    remedy:
      "The desktop app starts the engine again by itself; elsewhere repeat the command. Jobs that ran show as interrupted and can be resumed.",
    status: 503,
    exit: 69,
  },

  // ── Files and import ────────────────────────────────────────────────────────────────────────────────────────────────
  RB_FILE_NOT_FOUND: {
    title: "The file cannot be found",
    remedy: "Check the path; relative paths are taken from the folder the command was started in.",
    status: 404,
    exit: 66,
  },
  RB_FILE_UNREADABLE: {
    title: "The file cannot be read",
    remedy: "Check its permissions and that it is a regular file.",
    status: 400,
    exit: 66,
  },
  RB_IMPORT_EMPTY: {
    title: "The file holds no rating",
    remedy: "Export it again, or choose another file.",
    status: 422,
    exit: 65,
  },
  RB_IMPORT_FORMAT_UNKNOWN: {
    title: "The layout of the file was not recognised",
    remedy: "Name the delimiter and which columns hold user, item and rating.",
    status: 422,
    exit: 65,
  },
  RB_IMPORT_NO_USER_COLUMN: {
    title: "No column could be taken for the user",
    remedy: "Name the user column; for a personal export (IMDb, Letterboxd) give one user id for the whole file.",
    status: 422,
    exit: 65,
  },
  RB_IMPORT_NO_ITEM_COLUMN: {
    title: "No column could be taken for the item",
    remedy: "Name the item column.",
    status: 422,
    exit: 65,
  },
  RB_IMPORT_NO_RATING_COLUMN: {
    title: "No column could be taken for the rating",
    remedy: "Name the rating column.",
    status: 422,
    exit: 65,
  },
  RB_IMPORT_TOO_MANY_REJECTS: {
    title: "Most of the rows could not be read",
    remedy: "The layout is probably wrong: look at the rejected rows and correct delimiter, encoding or columns.",
    status: 422,
    exit: 65,
  },
  RB_SNAPSHOT_EMPTY: {
    title: "The recipe leaves no rating",
    remedy: "Loosen the recipe: lower the minimum counts or widen the time window.",
    status: 422,
    exit: 65,
  },
  RB_SPLIT_NO_TIME: {
    title: "This protocol needs times and the snapshot has none",
    remedy: "Use a random split (its leak is named) or import ratings with times.",
    status: 422,
    exit: 65,
  },
  RB_SPLIT_EMPTY: {
    title: "The split leaves nothing to train on or nothing to test on",
    remedy: "Change the share, the cut-off or the protocol.",
    status: 422,
    exit: 65,
  },
  RB_CORRUPT: {
    title: "A stored file does not match its checksum",
    remedy: "Restore it from a backup or make it again from its source.",
    status: 500,
    exit: 65,
  },

  // ── Training and comparison ─────────────────────────────────────────────────────────────────────────────────────────
  RB_TRAIN_TOO_LARGE: {
    title: "The training is too large",
    remedy: "Use fewer factors or a smaller snapshot.",
    status: 422,
    exit: 71,
  },
  RB_TRAIN_DIVERGED: {
    title: "The training diverged",
    remedy: "Lower the learning rate or raise the regularization.",
    status: 422,
    exit: 65,
  },
  RB_WORKER_DIED: {
    title: "A worker process ended before its work was done",
    remedy: "The job is interrupted and can be resumed; if memory ran out, use fewer factors.",
    status: 500,
    exit: 70,
  },
  RB_INCOMPARABLE: {
    title: "These runs cannot be compared",
    remedy: "Compare runs on the same split with the same metric definitions.",
    status: 409,
    exit: 65,
  },
  RB_NO_MODEL: {
    title: "This run has no model to use",
    remedy: "Refit it on the whole snapshot first.",
    status: 409,
    exit: 65,
  },
  RB_NO_ITEM_FACTORS: {
    title: "This model cannot tell which items are alike",
    remedy: "Ask a model with item factors: biased SVD or PureSVD.",
    status: 409,
    exit: 65,
  },

  // ── Workspace ───────────────────────────────────────────────────────────────────────────────────────────────────────
  RB_WORKSPACE_LOCKED: {
    title: "Another engine has this workspace open",
    remedy: "Use the running one (the CLI attaches to it by itself), or close it.",
    status: 409,
    exit: 75,
  },
  RB_WORKSPACE_NEWER: {
    title: "This workspace was written by a newer Reelbench",
    remedy: "Update Reelbench; nothing was changed.",
    status: 409,
    exit: 65,
  },
  RB_WORKSPACE_CORRUPT: {
    title: "The workspace's catalogue is damaged",
    remedy:
      "Put back a copy from the folder backups, or move workspace.sqlite* out of the workspace and open it again: data, splits and runs are found by their folders; targets, publications and jobs are lost.",
    status: 500,
    exit: 65,
  },
  RB_WORKSPACE_READ_ONLY: {
    title: "The workspace cannot be written to",
    remedy: "Check the folder's permissions and the free space of its disk.",
    status: 500,
    exit: 73,
  },
  RB_DISK_FULL: {
    title: "The disk is full",
    remedy:
      "Free some space, then try again or resume: what was finished is kept, and nothing half-made is left behind.",
    status: 507,
    exit: 73,
  },

  // ── Publish ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  RB_TARGET_UNREACHABLE: {
    title: "The target cannot be reached",
    remedy: "Check the URL, the network and that Postgres and Redis are running.",
    status: 503,
    exit: 69,
  },
  RB_TARGET_BUSY: {
    title: "The target took too long",
    remedy: "Try again in a while; if it stays so, ask whoever runs this Postgres what keeps it busy.",
    status: 503,
    exit: 75,
  },
  RB_TARGET_TLS: {
    title: "The encrypted connection to the target could not be made",
    remedy:
      "Check sslmode in the URL (verify-full is the strictest), that the server's certificate is valid for this host, and that its authority is trusted (NODE_EXTRA_CA_CERTS).",
    status: 503,
    exit: 69,
  },
  RB_TARGET_LOGIN: {
    title: "The target refused the login",
    remedy: "Check user, password and database in the URL, and that the target admits this address.",
    status: 503,
    exit: 69,
  },
  RB_NO_KEYCHAIN: {
    title: "There is no keychain to keep a password in",
    remedy:
      "Leave the password out of the URL and give it by PGPASSWORD or ~/.pgpass, or use the desktop application, which keeps it in the system's keychain.",
    status: 409,
    exit: 69,
  },
  RB_TARGET_SCHEMA: {
    title: "The target's schema does not fit this version",
    remedy: "Let `reelbench publish` migrate it with a role that may, or update the older side.",
    status: 409,
    exit: 69,
  },
  RB_PUBLISH_GATE: {
    title: "A gate stopped the publication",
    remedy: "Read the reasons; publish with the gate overridden only if you accept them.",
    status: 409,
    exit: 65,
  },
  RB_PUBLISH_CHECKSUM: {
    title: "What arrived on the target is not what was sent",
    remedy: "Publish again; if it happens twice, suspect the storage.",
    status: 502,
    exit: 65,
  },
  RB_PUBLISH_PARITY: {
    title: "The server's answers differ from the workbench's",
    remedy: "The previous version keeps serving. Compare the versions of server and workbench.",
    status: 409,
    exit: 65,
  },
  RB_NOTHING_TO_ROLL_BACK: {
    title: "There is no earlier version to go back to",
    remedy: "Publish another version instead.",
    status: 409,
    exit: 65,
  },

  // ── Server ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  RB_UNAUTHENTICATED: {
    title: "A valid API key or access token is needed",
    remedy: "Send `Authorization: Bearer …` with a key or an access token, or `X-API-Key: …`.",
    status: 401,
    exit: 77,
  },
  RB_FORBIDDEN: {
    title: "This is not allowed",
    remedy: "Use a key or an account that may do what the message names.",
    status: 403,
    exit: 77,
  },
  RB_METHOD_NOT_ALLOWED: {
    title: "This address does not take that method",
    remedy: "Use one of the methods named in Allow.",
    status: 405,
    exit: 64,
  },
  RB_UNSUPPORTED_MEDIA_TYPE: {
    title: "The body's media type is not understood",
    remedy: "Send `Content-Type: application/json` in UTF-8.",
    status: 415,
    exit: 64,
  },
  RB_PAYLOAD_TOO_LARGE: {
    title: "The request body is too large",
    remedy: "Send it in smaller parts.",
    status: 413,
    exit: 65,
  },
  RB_HEAD_TOO_LARGE: {
    title: "The address and headers of the request are too long together",
    remedy: "Send fewer or shorter parameters, or those that may be many in the body of a POST.",
    status: 431,
    exit: 65,
  },
  RB_RATE_LIMITED: {
    title: "Too many requests",
    remedy: "Wait for the number of seconds in Retry-After.",
    status: 429,
    exit: 75,
  },
  RB_NO_ACTIVE_MODEL: {
    title: "No model is being served yet",
    remedy: "Publish one, or wait for the server to finish loading it.",
    status: 503,
    exit: 69,
  },
  RB_NOT_CONFIGURED: {
    title: "This server is not set up for that",
    remedy: "The message names what its operator has to set.",
    status: 501,
    exit: 78,
  },
  RB_UNAVAILABLE: {
    title: "The service cannot do this right now",
    remedy: "Try again after the number of seconds in Retry-After.",
    status: 503,
    exit: 69,
  },
});

export type ErrorCode = keyof typeof errorRegistry;

/** What crosses a border: plain data, safe to clone and to print. */
export interface ErrorEnvelope {
  readonly code: ErrorCode;
  /** One sentence about this occurrence. */
  readonly message: string;
  readonly remedy: string;
  /** Structured particulars: offending fields, counts, line numbers. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class ReelbenchError extends Error {
  override readonly name = "ReelbenchError";
  readonly code: ErrorCode;
  /** What to do about this occurrence; the registry's general advice where nothing better is known. */
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message?: string,
    options?: {
      readonly remedy?: string | undefined;
      readonly details?: Readonly<Record<string, unknown>> | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message ?? errorRegistry[code].title, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options?.remedy ?? errorRegistry[code].remedy;
    this.details = options?.details;
  }

  get definition(): ErrorDefinition {
    return errorRegistry[this.code];
  }

  toEnvelope(): ErrorEnvelope {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorRegistry, value);
}

const fullDisk: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "SQLITE_FULL"]);

/**
 * Anything thrown, as a ReelbenchError: its own kind unchanged, an abort as RB_CANCELLED, a full disk (the system's word for it, or
 * SQLite's) as RB_DISK_FULL, the rest as RB_INTERNAL with the original as cause.
 */
export function toReelbenchError(thrown: unknown): ReelbenchError {
  if (thrown instanceof ReelbenchError) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === "AbortError") return new ReelbenchError("RB_CANCELLED", undefined, { cause: thrown });
    if ("code" in thrown && fullDisk.has(thrown.code)) {
      return new ReelbenchError("RB_DISK_FULL", undefined, { cause: thrown });
    }
    return new ReelbenchError("RB_INTERNAL", thrown.message, { cause: thrown });
  }
  return new ReelbenchError("RB_INTERNAL", String(thrown));
}

/** The way back from the wire. An unknown code (a newer peer) becomes RB_INTERNAL and keeps its message. */
export function fromEnvelope(envelope: {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}): ReelbenchError {
  const code = isErrorCode(envelope.code) ? envelope.code : "RB_INTERNAL";
  return new ReelbenchError(code, envelope.message, { remedy: envelope.remedy, details: envelope.details });
}
