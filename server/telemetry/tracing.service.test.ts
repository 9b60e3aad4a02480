import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import { createClient } from "../../e2e/services/http-client.ts";
import { redisUrl, testDatabase } from "../../e2e/services/services.ts";
import { serverConfig, servingTarget, smallVersion } from "../../e2e/services/serving-target.ts";
import { startServer } from "../start-server.ts";

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: z.array(attribute).default([]),
});
const sent = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

test("a request is traced through Postgres, Redis and the threads that score, without a word of what it was about", async () => {
  const spans: z.infer<typeof span>[] = [];
  const collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = sent.parse(JSON.parse(Buffer.concat(parts).toString("utf8")));
      for (const { scopeSpans } of body.resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo;
  const target = await servingTarget(await testDatabase());
  try {
    await target.upload(smallVersion("v1"));
    await target.activate("v1");
    const server = await startServer(
      serverConfig(target.url, {
        redisUrl: redisUrl(),
        tracing: { endpoint: `http://127.0.0.1:${port}/v1/traces`, share: 0 },
      }),
    );
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const traceparent = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const client = createClient(server.url, await target.key("recommend", "feedback"));
    await expect.poll(async () => (await client.get("/readyz")).text, { timeout: 20_000 }).toContain('"redis":"up"');
    const rating = { userId: "user-07", itemId: "film-031", kind: "rating", rating: 4 };
    expect((await client.post("/v1/feedback", { events: [rating] }, traceparent)).status).toBe(200);
    expect((await client.get("/v1/users/user-07/recommendations?n=5", traceparent)).body.basis).toBe("fold-in");
    expect((await client.get("/v1/users/user-08/recommendations?n=5")).status).toBe(200); // Not sampled.
    await server.close();

    expect(new Set(spans.map((each) => each.traceId))).toEqual(new Set([traceId]));
    const names = spans.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "GET",
        "POST",
        "postgres insert",
        "postgres select",
        "redis get",
        "redis raise",
        "worker score",
      ]),
    );
    // Every span hangs from a request's, and a request's from its caller's.
    const known = new Map(spans.map((each) => [each.spanId, each]));
    for (const { name, parentSpanId } of spans) {
      if (name === "GET" || name === "POST") expect(parentSpanId).toBe("b7ad6b7169203331");
      else expect(known.has(parentSpanId ?? "")).toBe(true);
    }
    // Routes and statements with placeholders; no ids, no keys.
    const text = JSON.stringify(spans);
    expect(text).toContain("$1");
    for (const secret of ["user-07", "film-031", client.key ?? "rb_"]) expect(text).not.toContain(secret);
  } finally {
    collector.close();
    await target.close();
  }
});
