import { describe, expect, it } from "vitest";
import { BreakerError, createCircuitBreaker } from "./circuit-breaker.ts";

function at(start = 0) {
  let time = start;
  return { now: () => time, pass: (milliseconds: number) => (time += milliseconds) };
}

describe("createCircuitBreaker", () => {
  it("stops trying after failures in a row, then lets one at a time try", async () => {
    const clock = at();
    const breaker = createCircuitBreaker({ timeout: 1000, failures: 2, pause: 100, now: clock.now });
    let tried = 0;
    const failing = () => {
      tried++;
      return Promise.reject(new Error("away"));
    };
    await expect(breaker.run(failing)).rejects.toThrow("away");
    await expect(breaker.run(failing)).rejects.toThrow("away");
    await expect(breaker.run(failing)).rejects.toBeInstanceOf(BreakerError);
    expect(tried).toBe(2);
    clock.pass(101);
    const both = await Promise.allSettled([breaker.run(failing), breaker.run(failing)]);
    expect(tried).toBe(3);
    expect(both.every(({ status }) => status === "rejected")).toBe(true);
    clock.pass(101);
    await expect(breaker.run(() => Promise.resolve("back"))).resolves.toBe("back");
    await expect(breaker.run(() => Promise.resolve("again"))).resolves.toBe("again");
  });

  it("waits no longer than its timeout", async () => {
    const breaker = createCircuitBreaker({ timeout: 20, failures: 1, pause: 100 });
    await expect(breaker.run(() => new Promise(() => undefined))).rejects.toBeInstanceOf(BreakerError);
    expect(breaker.isOpen()).toBe(true);
  });

  it("does not count what says nothing about the neighbour", async () => {
    const breaker = createCircuitBreaker({
      timeout: 1000,
      failures: 1,
      pause: 100,
      isHealthy: (error) => error instanceof RangeError,
    });
    await expect(breaker.run(() => Promise.reject(new RangeError("a rule")))).rejects.toThrow("a rule");
    expect(breaker.isOpen()).toBe(false);
  });
});
