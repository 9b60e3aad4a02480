import { createHash } from "node:crypto";
import { z } from "zod";
import { ReelbenchError } from "../core/contract/errors.ts";

/** Where the next page of a list begins. */
export interface Cursor {
  readonly version: string;
  /** The user's epoch that the list was made under. */
  readonly epoch: number;
  /** In the ranking. */
  readonly position: number;
  /** Items of the pages before. */
  readonly shown: number;
}

const contents = z.tuple([
  z.string().min(1).max(200),
  z.int().nonnegative(),
  z.int().min(1).max(1000),
  z.int().min(1).max(1000),
]);

/** What every cursor looks like. */
export const cursorPattern = /^[\w-]{8,800}\.[\w-]{12}$/;

/** `subject` names whose list it is and how it was asked for. A cursor is taken for no other. */
export function writeCursor({ version, epoch, position, shown }: Cursor, subject: string): string {
  const text = JSON.stringify([version, epoch, position, shown]);
  return `${Buffer.from(text).toString("base64url")}.${sealOf(text, subject)}`;
}

/** Throws RB_CONFLICT for what is no cursor of this list. */
export function readCursor(cursor: string, subject: string): Cursor {
  const [encoded = "", seal] = cursor.split(".");
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  if (seal !== sealOf(text, subject)) throw refused();
  const parsed = contents.safeParse(JSON.parse(text));
  if (!parsed.success) throw refused();
  const [version, epoch, position, shown] = parsed.data;
  return { version, epoch, position, shown };
}

/** Against mistakes, not against forgery: who makes up a position sees nothing that they could not ask for. */
function sealOf(text: string, subject: string): string {
  return createHash("sha256")
    .update(JSON.stringify([text, subject]))
    .digest("base64url")
    .slice(0, 12);
}

function refused(): ReelbenchError {
  return new ReelbenchError("RB_CONFLICT", "The cursor does not belong to this list: begin without one.");
}
