import type { RequestListener } from "node:http";
import { SpanKind, SpanStatusCode, context, propagation, trace } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  TracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Pool } from "pg";

/**
 * OpenTelemetry spans of requests, statements, Redis and scoring, sent in batches over OTLP/HTTP. Made by hand where the work is
 * called and not by patching modules, which a bundled server does not load one by one. They hold routes and statements with
 * their placeholders, never values, ids, headers or bodies.
 */
export interface Tracing {
  /** Serves each request inside a span of its own, the child of what `traceparent` names. */
  requests(app: RequestListener): RequestListener;
  /** Every statement of the pool's connections, those of transactions too. */
  postgres<P extends Pool>(pool: P): P;
  /** Every call of the functions of an object that return promises. */
  calls<T extends object>(target: T, name: string): T;
  /** Sends what waits, for a few seconds at most. */
  close(): Promise<void>;
}

export function startTracing(options: {
  readonly endpoint: string;
  /** Of requests without a sampled parent, the share that is traced. */
  readonly share: number;
  readonly service: string;
  readonly serverId: string;
  readonly exporter?: SpanExporter;
}): Tracing {
  const exporter = options.exporter ?? new OTLPTraceExporter({ url: options.endpoint, timeoutMillis: 5_000 });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": options.service, "service.instance.id": options.serverId }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 4096, maxExportBatchSize: 512 })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = provider.getTracer("reelbench-server");

  return {
    requests: (app) => (request, response) => {
      const parent = propagation.extract(context.active(), request.headers);
      const span = tracer.startSpan(request.method ?? "HTTP", { kind: SpanKind.SERVER }, parent);
      span.setAttribute("http.request.method", request.method ?? "");
      response.once("close", () => {
        span.setAttribute("http.response.status_code", response.statusCode);
        if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
      context.with(trace.setSpan(parent, span), () => app(request, response));
    },
    postgres: (pool) => {
      pool.on("connect", (client) => {
        const query = client.query.bind(client) as (...given: unknown[]) => unknown;
        const traced = (...given: unknown[]): unknown => {
          const sql = textOf(given[0]);
          // Without a request there is no trace to add to: pools are busy on their own account, too.
          if (sql === null || trace.getActiveSpan() === undefined) return query(...given);
          const span = tracer.startSpan(`postgres ${sql.trimStart().split(/\s/, 1)[0] ?? ""}`, {
            kind: SpanKind.CLIENT,
            attributes: { "db.system.name": "postgresql", "db.query.text": sql.slice(0, 2000) },
          });
          const callback = given.at(-1);
          if (typeof callback === "function") {
            const answer = (error: unknown, ...rest: unknown[]) => {
              finish(span, error);
              (callback as (...all: unknown[]) => void)(error, ...rest);
            };
            return query(...given.slice(0, -1), answer);
          }
          return settle(span, query(...given));
        };
        Object.defineProperty(client, "query", { value: traced });
      });
      return pool;
    },
    calls: (target, name) =>
      new Proxy(target, {
        get(from, key, receiver) {
          const value: unknown = Reflect.get(from, key, receiver);
          if (typeof value !== "function" || typeof key !== "string") return value;
          return (...given: unknown[]): unknown => {
            const call = () => Reflect.apply(value, from, given) as unknown;
            if (trace.getActiveSpan() === undefined) return call();
            const span = tracer.startSpan(`${name} ${key}`, { kind: SpanKind.CLIENT });
            return settle(span, call());
          };
        },
      }),
    close: async () => {
      await provider.shutdown().catch(() => undefined); // A collector that is away must not hold up the end.
      context.disable();
      propagation.disable();
    },
  };
}

/** Of the request being answered, for logs; undefined outside of a trace. */
export function activeTrace(): { readonly span: Span; readonly traceId: string } | undefined {
  const span = trace.getActiveSpan();
  return span === undefined ? undefined : { span, traceId: span.spanContext().traceId };
}

function settle(span: Span, answer: unknown): unknown {
  if (!(answer instanceof Promise)) {
    span.end();
    return answer;
  }
  return answer.then(
    (value: unknown) => {
      finish(span, null);
      return value;
    },
    (error: unknown) => {
      finish(span, error);
      throw error;
    },
  );
}

function finish(span: Span, error: unknown): void {
  if (error !== null && error !== undefined)
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "error" });
  span.end();
}

function textOf(query: unknown): string | null {
  if (typeof query === "string") return query;
  // A prepared one is { text }; a COPY is a stream and not ours to wrap.
  if (typeof query !== "object" || query === null || "submit" in query || !("text" in query)) return null;
  return typeof query.text === "string" ? query.text : null;
}
