import type { z } from "zod";
import type { reject } from "../contract/entities.ts";

/** A record that could not be read: where, why, and its text. */
export type Reject = z.infer<typeof reject>;
