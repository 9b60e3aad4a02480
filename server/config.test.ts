import { describe, expect, it } from "vitest";
import { ReelbenchError } from "../core/contract/errors.ts";
import { readConfig } from "./config.ts";

const postgres = { REELBENCH_POSTGRES_URL: "postgres://app:hunter2@db.internal:5432/reelbench" };

describe("readConfig", () => {
  it("needs nothing but where Postgres is", () => {
    const config = readConfig(postgres);
    expect(config).toMatchObject({ redisUrl: null, host: "127.0.0.1", port: 8080, channel: "production" });
    expect(config.threads).toBeGreaterThanOrEqual(1);
  });

  it("names every wrong variable at once and repeats no value", () => {
    let thrown: unknown;
    try {
      readConfig({
        REELBENCH_POSTGRES_URL: "mysql://u:hunter2@h/x",
        REELBENCH_PORT: "99999",
        REELBENCH_CHANNEL: "No Spaces",
        REELBENCH_THREADS: "many",
      });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ReelbenchError);
    const message = (thrown as ReelbenchError).message;
    for (const name of ["REELBENCH_POSTGRES_URL", "REELBENCH_PORT", "REELBENCH_CHANNEL", "REELBENCH_THREADS"])
      expect(message).toContain(name);
    expect(message).not.toContain("hunter2");
  });

  it("says what is not set", () => {
    expect(() => readConfig({})).toThrow("REELBENCH_POSTGRES_URL is not set");
    expect(() => readConfig({ ...postgres, REELBENCH_REDIS_URL: "" })).not.toThrow();
  });

  it.each(["-1", "1e3", "0x10", " 80", "80.5"])("takes no port written %s", (port) => {
    expect(() => readConfig({ ...postgres, REELBENCH_PORT: port })).toThrow("REELBENCH_PORT");
  });
});
