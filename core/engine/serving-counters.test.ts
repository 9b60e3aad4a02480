import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { parsePrometheus } from "./prometheus-text.ts";
import { countedBetween, pointOf, quantile, readServing } from "./serving-counters.ts";

/** A server's metrics as prom-client writes them, which is what servers answer with. */
function server() {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: "reelbench_http_request_duration_seconds",
    help: "h",
    labelNames: ["method", "route", "status"],
    buckets: [0.01, 0.1, 1],
    registers,
  });
  const lookups = new Counter({ name: "reelbench_cache_lookups_total", help: "h", labelNames: ["result"], registers });
  const feedback = new Counter({
    name: "reelbench_feedback_events_total",
    help: "h",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const psi = new Gauge({ name: "reelbench_drift_psi", help: "h", labelNames: ["distribution"], registers });
  return { registry, requests, lookups, feedback, psi };
}

it("counts between two looks what was answered, failed, found and fed back, without probes", async () => {
  const { registry, requests, lookups, feedback, psi } = server();
  const answer = (route: string, status: string, seconds: number) =>
    requests.labels("GET", route, status).observe(seconds);
  answer("/v1/users/{user}/recommendations", "200", 0.005);
  const before = readServing(await registry.metrics());
  for (let n = 0; n < 90; n++) answer("/v1/users/{user}/recommendations", "200", 0.005);
  for (let n = 0; n < 8; n++) answer("/v1/users/{user}/recommendations", "404", 0.05);
  for (let n = 0; n < 2; n++) answer("/v1/items", "503", 0.5);
  for (let n = 0; n < 50; n++) answer("/metrics", "200", 0.5);
  lookups.labels("memory").inc(30);
  lookups.labels("computed").inc(10);
  feedback.labels("rating", "kept").inc(20);
  psi.labels('ra"tings\\').set(0.25);
  const after = readServing(await registry.metrics());
  const counted = countedBetween(before.counters, after.counters);
  if (counted === null) throw new Error("It was not restarted.");
  expect(pointOf(new Date(0), 10, [counted])).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    requests: 10,
    errors: 0.02,
    // By hand: 90 of 100 within 10 ms, so the 50th at 50/90 of the first bucket; the 95th is 5 of 8 into the second.
    p50: (0.01 * 50) / 90,
    p95: expect.closeTo(0.01 + (0.09 * 5) / 8, 12) as number,
    p99: 0.1 + (0.9 * 1) / 2,
    cacheHits: 0.75,
    feedback: 2,
  });
  expect(after.drift).toEqual([{ distribution: 'ra"tings\\', psi: 0.25, events: null }]);
});

it("shows a gap where nobody answered, and no negative rate where a server started anew", async () => {
  const [first, second] = [server(), server()];
  first.lookups.labels("computed").inc(100);
  const before = readServing(await first.registry.metrics()).counters;
  second.lookups.labels("computed").inc(3);
  expect(countedBetween(before, readServing(await second.registry.metrics()).counters)).toBeNull();
  expect(pointOf(new Date(0), 5, []).requests).toBeNull();
});

it("divides by nothing where nothing was asked", () => {
  const quiet = { durations: new Map(), requests: 0, failures: 0, lookups: 0, computed: 0, feedback: 0 };
  expect(pointOf(new Date(0), 5, [quiet])).toMatchObject({ requests: 0, errors: null, p99: null, cacheHits: null });
});

it("gives the open bucket's lower bound", () => {
  const slow = new Map([
    [1, 0],
    [Infinity, 4],
  ]);
  expect(quantile(slow, 0.5)).toBe(1);
});

it("leaves out what is no metric", () => {
  expect(parsePrometheus('<html>\n# HELP a b\na{b="c"} x\na 1 1700000000\n\nb +Inf\n')).toEqual([
    { name: "a", labels: {}, value: 1 },
    { name: "b", labels: {}, value: Infinity },
  ]);
});

it("knows whether a server's Redis answers, and that some have none", async () => {
  const { registry } = server();
  const up = new Gauge({ name: "reelbench_redis_up", help: "h", registers: [registry] });
  up.remove();
  expect(readServing(await registry.metrics()).redis).toBeNull();
  up.set(1);
  expect(readServing(await registry.metrics()).redis).toBe(true);
  up.set(0);
  expect(readServing(await registry.metrics()).redis).toBe(false);
});
