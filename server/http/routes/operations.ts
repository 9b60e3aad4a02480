import { z } from "zod";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { Route } from "../route.ts";

const livenessSchema = z.object({ status: z.literal("alive") });

const healthSchema = z
  .object({
    status: z.enum(["ready", "degraded", "not-ready", "draining"]).meta({
      description: "`degraded`: answering, but not with the version it should, or without Postgres or Redis.",
    }),
    serving: z.string().nullable(),
    wanted: z.string().nullable().meta({ description: "What the channel points to." }),
    candidate: z.string().nullable(),
    loading: z
      .array(z.object({ version: z.string(), bytes: z.int(), ofBytes: z.int() }))
      .meta({ description: "Versions that are being read from Postgres, and how much of each has been." }),
    failure: z
      .object({ version: z.string(), code: z.string(), message: z.string(), at: z.string() })
      .nullable()
      .meta({ description: "Why a version could not be loaded." }),
    postgres: z.enum(["up", "down"]),
    redis: z.enum(["up", "down", "not-configured"]),
  })
  .meta({ id: "Health" });

export function operationRoutes({ models, health, modelStatus, metrics }: ServerContext): Route[] {
  const look = (): z.infer<typeof healthSchema> => {
    const { draining, postgres, redis } = health();
    const serving = models.current()?.shared.version ?? null;
    const { wanted, candidate, loading, failure } = modelStatus();
    const whole = postgres === "up" && redis !== "down" && failure === null && wanted === serving;
    const status = draining ? "draining" : serving === null ? "not-ready" : whole ? "ready" : "degraded";
    return { status, serving, wanted, candidate, loading: [...loading], failure, postgres, redis };
  };
  const open = {
    permission: null,
    params: nothing,
    query: nothing,
    body: noBody,
    errors: [],
    tag: "Operations",
  } as const;

  return [
    defineRoute({
      ...open,
      method: "get",
      path: "/livez",
      operationId: "liveness",
      summary: "Whether the process should be left running",
      responses: { 200: { description: "It answers.", schema: livenessSchema } },
      handle: () => ({ body: { status: "alive" } }),
    }),
    defineRoute({
      ...open,
      method: "get",
      path: "/readyz",
      operationId: "readiness",
      summary: "Whether requests should be sent here",
      description:
        "200 while a version is served, be it an older one than it should (`degraded`); 503 before that and while draining.",
      responses: {
        200: { description: "Requests are answered.", schema: healthSchema },
        503: { description: "Not yet, or not any more.", schema: healthSchema },
      },
      handle: () => {
        const body = look();
        return { status: body.status === "ready" || body.status === "degraded" ? 200 : 503, body };
      },
    }),
    defineRoute({
      ...open,
      method: "get",
      path: "/healthz",
      operationId: "health",
      summary: "How it is, for people; always 200",
      responses: { 200: { description: "The state.", schema: healthSchema } },
      handle: () => ({ body: look() }),
    }),
    defineRoute({
      ...open,
      method: "get",
      path: "/metrics",
      operationId: "metrics",
      summary: "Prometheus metrics",
      responses: { 200: { description: "Prometheus' text format.", schema: null, contentType: "text/plain" } },
      handle: async () => ({ body: { text: await metrics.text(), contentType: metrics.registry.contentType } }),
    }),
  ];
}
