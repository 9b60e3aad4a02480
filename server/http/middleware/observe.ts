import type { RequestHandler, Response } from "express";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

const probes = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);

/** Counts, times and logs every request. The log holds the route's pattern and no id of a user, no key and no body. */
export function observeRequests(
  metrics: Metrics,
  logger: Logger,
  routeOf: (response: Response) => string,
): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    metrics.inFlight.inc();
    response.once("close", () => {
      metrics.inFlight.dec();
      const seconds = (performance.now() - started) / 1000;
      const route = routeOf(response);
      // A client that left before the answer was whole is not a failure of ours.
      const status = response.writableFinished ? String(response.statusCode) : "499";
      metrics.requests.observe({ method: request.method, route, status }, seconds);
      const entry = {
        requestId: response.getHeader("X-Request-Id"),
        method: request.method,
        route,
        status,
        milliseconds: Math.round(seconds * 1e4) / 10,
      };
      // Probes ask every few seconds, and not being ready is no fault.
      if (probes.has(route)) logger.debug(entry, "request");
      else if (response.statusCode >= 500) logger.warn(entry, "request");
      else logger.info(entry, "request");
    });
    next();
  };
}
