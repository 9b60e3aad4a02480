import { randomBytes } from "node:crypto";
import pino from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Database } from "../../core/production/database.ts";
import { createCircuitBreaker } from "../circuit-breaker.ts";
import { createApiKeys } from "./api-keys.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A table with one key, that can be revoked. */
function oneKey() {
  const state = { revoked: false };
  const row = {
    ...{ id: crypto.randomUUID(), name: "shop", prefix: "rb_", scopes: ["recommend"] },
    ...{ created_at: new Date(), expires_at: null, last_used_at: null, revoked_at: null },
  };
  const database = {
    query: () => Promise.resolve({ rows: state.revoked ? [] : [row], rowCount: 1 }),
  } as unknown as Database;
  return { state, database };
}

test.each([0, -3_600_000, 3_600_000])(
  "a revocation is in force within five seconds, the clock set by %d ms",
  async (set) => {
    const { state, database } = oneKey();
    const keys = createApiKeys({
      database,
      postgres: createCircuitBreaker({ timeout: 1000, failures: 3, pause: 100 }),
      logger: pino({ level: "silent" }),
    });
    const text = `rb_${randomBytes(32).toString("base64url")}`;
    await expect(keys.authenticate(text, "10.0.0.1")).resolves.toMatchObject({ name: "shop" });
    expect(keys.known(text)).toMatchObject({ name: "shop" });
    state.revoked = true;
    vi.setSystemTime(Date.now() + set);
    vi.advanceTimersByTime(5_000);
    expect(keys.known(text)).toBeNull();
    await expect(keys.authenticate(text, "10.0.0.1")).rejects.toMatchObject({ code: "RB_UNAUTHENTICATED" });
  },
);
