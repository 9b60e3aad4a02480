import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import { activeTrace, startTracing } from "./tracing.ts";
import type { Tracing } from "./tracing.ts";

let tracing: Tracing | null = null;
afterEach(async () => {
  await tracing?.close();
  tracing = null;
});

test("a request's span is the child of its caller's and the parent of what it calls; logs find its trace", async () => {
  const exporter = new InMemorySpanExporter();
  // Shutting down empties it.
  const seen: { name: string; parent: string | undefined; id: string; trace: string }[] = [];
  const exported = exporter.export.bind(exporter);
  exporter.export = (spans, done) => {
    for (const span of spans)
      seen.push({
        name: span.name,
        parent: span.parentSpanContext?.spanId,
        id: span.spanContext().spanId,
        trace: span.spanContext().traceId,
      });
    exported(spans, done);
  };
  tracing = startTracing({ endpoint: "http://127.0.0.1:9", share: 0, service: "s", serverId: "1", exporter });
  const store = tracing.calls(
    { get: async (key: string) => Promise.resolve(key), fail: () => Promise.reject(new Error("no")) },
    "redis",
  );
  let logged: string | undefined;
  const server = createServer(
    tracing.requests((_request, response) => {
      logged = activeTrace()?.traceId;
      void store
        .get("a")
        .then(() => store.fail())
        .catch(() => response.end("ok"));
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  await new Promise<void>((resolve, reject) => {
    const asked = request(
      { port, host: "127.0.0.1", headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } },
      (response) => response.resume().once("end", () => resolve()),
    );
    asked.once("error", reject);
    asked.end();
  });
  // Nothing is traced outside of a request.
  await store.get("b");
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await tracing.close();
  expect(logged).toBe(traceId);
  expect(seen.map(({ name }) => name).toSorted()).toEqual(["GET", "redis fail", "redis get"]);
  const root = seen.find(({ name }) => name === "GET");
  expect(root).toMatchObject({ parent: "b7ad6b7169203331", trace: traceId });
  for (const { name, parent, trace } of seen) if (name !== "GET") expect([parent, trace]).toEqual([root?.id, traceId]);
});
