import { z } from "zod";
import { catalogueItem, recommendation } from "../../core/contract/entities.ts";
import { ReelbenchError } from "../../core/contract/errors.ts";

const answer = z.object({ version: z.string(), basis: z.string(), items: z.array(recommendation) });
const similarAnswer = z.object({
  version: z.string(),
  items: z.array(catalogueItem.extend({ rank: z.int(), score: z.number() })),
});
const problem = z.object({ code: z.string().optional(), title: z.string().optional(), detail: z.string().optional() });

export type ServedAnswer = z.infer<typeof answer>;
export type ServedSimilar = z.infer<typeof similarAnswer>;

/** The server as any program would use it: HTTP, a key, JSON. Throws RB_UNAVAILABLE with what the server said. */
export interface ServerClient {
  untilReady(version: string): Promise<void>;
  recommendations(userId: string, n: number): Promise<ServedAnswer>;
  foldIn(ratings: readonly { readonly itemId: string; readonly rating: number }[], n: number): Promise<ServedAnswer>;
  similar(itemId: string, n: number): Promise<ServedSimilar>;
}

const readyPatienceMs = 30_000;

export function createServerClient(url: string, apiKey: string, signal: AbortSignal): ServerClient {
  async function ask<S extends z.ZodType>(schema: S, path: string, body?: unknown): Promise<z.output<S>> {
    const response = await fetch(`${url}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const received: unknown = await response.json();
    if (!response.ok) {
      const said = problem.safeParse(received).data;
      throw new ReelbenchError(
        "RB_UNAVAILABLE",
        `${path} answered ${response.status}: ${said?.detail ?? said?.title ?? "no reason given"}`,
      );
    }
    const parsed = schema.safeParse(received);
    if (!parsed.success)
      throw new ReelbenchError(
        "RB_INTERNAL",
        `${path} answered in an unexpected shape: ${z.prettifyError(parsed.error)}`,
      );
    return parsed.data;
  }
  return {
    async untilReady(version) {
      const deadline = performance.now() + readyPatienceMs;
      const readiness = z.object({ serving: z.string().nullable() });
      for (;;) {
        const serving = await ask(readiness, "/readyz").then(
          (ready) => ready.serving,
          () => null,
        );
        signal.throwIfAborted();
        if (serving === version) return;
        if (performance.now() > deadline)
          throw new ReelbenchError(
            "RB_UNAVAILABLE",
            `The server does not serve ${version} after ${readyPatienceMs / 1000} s; it serves ${serving ?? "nothing"}.`,
          );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    recommendations: (userId, n) => ask(answer, `/v1/users/${encodeURIComponent(userId)}/recommendations?n=${n}`),
    foldIn: (ratings, n) => ask(answer, "/v1/recommendations", { ratings, n }),
    similar: (itemId, n) => ask(similarAnswer, `/v1/items/${encodeURIComponent(itemId)}/similar?n=${n}`),
  };
}
