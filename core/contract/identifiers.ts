/**
 * The small schemas that all nouns are made of. Ids of users and items are the data's own strings, never renumbered.
 * Times are ISO 8601 here (Unix seconds in storage). Hashes are lower-case hex SHA-256.
 */
import { z } from "zod";

export const isoTime = z.iso.datetime();
export const userId = z.string().min(1).max(512);
export const itemId = z.string().min(1).max(512);
/** A content id or an engine-made id: safe as a file name. */
export const entityId = z.string().regex(/^[a-z0-9][a-z0-9_-]{1,79}$/);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const count = z.int().nonnegative();
/** Set where an entity's folder was gone when the workspace was opened: it can be seen, not used. */
export const missing = z.boolean().optional();
