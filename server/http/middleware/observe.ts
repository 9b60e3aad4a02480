import type { IncomingMessage, ServerResponse } from "node:http";
import type { AccessLines } from "../../telemetry/access-lines.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { activeTrace } from "../../telemetry/tracing.ts";
import type { Exchange } from "../exchange.ts";

const probes = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);

/** Counts, times and logs a request. The log holds the route's pattern and no id of a user, no key and no body. */
export type ObserveExchange = (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void;

export function createObserver(metrics: Metrics, access: AccessLines): ObserveExchange {
  // Labels are looked at once for each of the few there are.
  const durations = new Map<string, { observe(seconds: number): void }>();
  let inFlight = 0;
  metrics.collect(() => metrics.inFlight.set(inFlight));

  function durationOf(method: string, route: string, status: string) {
    const key = `${status} ${method} ${route}`;
    let duration = durations.get(key);
    if (duration === undefined) durations.set(key, (duration = metrics.requests.labels(method, route, status)));
    return duration;
  }

  return (request, response, exchange) => {
    inFlight++;
    const traced = activeTrace();
    response.on("close", () => {
      inFlight--;
      const seconds = (performance.now() - exchange.started) / 1000;
      const { route, requestId } = exchange;
      const method = request.method ?? "";
      // A client that left before the answer was whole is not a failure of ours.
      const status = response.writableFinished ? String(response.statusCode) : "499";
      durationOf(method, route, status).observe(seconds);
      traced?.span.updateName(`${method} ${route}`).setAttribute("http.route", route);
      access.write({
        // Probes ask every few seconds, and not being ready is no fault.
        level: probes.has(route) ? "debug" : response.statusCode >= 500 ? "warn" : "info",
        requestId,
        traceId: traced?.traceId ?? null,
        method,
        route,
        status,
        milliseconds: Math.round(seconds * 1e4) / 10,
      });
    });
  };
}
