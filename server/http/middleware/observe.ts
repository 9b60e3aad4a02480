import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { activeTrace } from "../../telemetry/tracing.ts";
import type { Exchange } from "../exchange.ts";

const probes = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);

/** Counts, times and logs a request. The log holds the route's pattern and no id of a user, no key and no body. */
export type ObserveExchange = (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void;

export function createObserver(metrics: Metrics, logger: Logger): ObserveExchange {
  // What is logged here is made here and has nothing to hide: looking for secrets in each line would cost as much as the line.
  const access = logger.child({}, { redact: [] });
  return (request, response, exchange) => {
    metrics.inFlight.inc();
    const traced = activeTrace();
    response.once("close", () => {
      metrics.inFlight.dec();
      const seconds = (performance.now() - exchange.started) / 1000;
      const { route, requestId } = exchange;
      // A client that left before the answer was whole is not a failure of ours.
      const status = response.writableFinished ? String(response.statusCode) : "499";
      metrics.requests.observe({ method: request.method ?? "", route, status }, seconds);
      traced?.span.updateName(`${request.method ?? ""} ${route}`).setAttribute("http.route", route);
      const entry = {
        requestId,
        ...(traced !== undefined && { traceId: traced.traceId }),
        method: request.method,
        route,
        status,
        milliseconds: Math.round(seconds * 1e4) / 10,
      };
      // Probes ask every few seconds, and not being ready is no fault.
      if (probes.has(route)) access.debug(entry, "request");
      else if (response.statusCode >= 500) access.warn(entry, "request");
      else access.info(entry, "request");
    });
  };
}
