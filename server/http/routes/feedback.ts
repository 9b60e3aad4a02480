import { z } from "zod";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, invalidInput, nothing } from "../route.ts";
import type { FieldError, Route } from "../route.ts";
import { feedbackBody, feedbackReply, myFeedbackBody } from "../schemas.ts";
import { feedbackForm } from "../../protocol/forms.ts";
import { requireAccount } from "../../auth/principal.ts";
import type { FeedbackEvent } from "../../feedback/record-feedback.ts";
import type { LiveModels } from "../../live-model/live-models.ts";

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/, "must be 1–128 visible ASCII characters");

const idempotencyHeader = {
  "Idempotency-Key": {
    description: "Names this batch; the same name again has no further effect.",
    schema: idempotencyKey,
  },
} as const;

export function feedbackRoutes({ models, recordFeedback }: ServerContext): Route[] {
  return [
    defineRoute({
      method: "post",
      path: "/v1/feedback",
      operationId: "sendFeedback",
      binary: feedbackForm,
      tag: "Feedback",
      summary: "What users rated, clicked, watched or dismissed",
      description:
        "Answered with 200 only when every event is committed in Postgres; with 503 and Retry-After when it is not. With an " +
        "`Idempotency-Key`, sending the same batch again has no further effect. A rating counts in that user's next answer; what was " +
        "rated or viewed counts as seen; what was dismissed is not shown to that user again; clicks are only kept.",
      permission: "feedback:any",
      params: nothing,
      query: nothing,
      body: feedbackBody,
      headers: idempotencyHeader,
      responses: { 200: { description: "All events are kept.", schema: feedbackReply } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ body: { events } }, { headers, principal }) => {
        if (principal === null) throw new ReelbenchError("RB_UNAUTHENTICATED");
        const given = events.map((event) => ({ ...event, namespace: "data" as const }));
        checkScale(models, given);
        return { body: await recordFeedback(given, principal.id, batchName(headers["idempotency-key"])) };
      },
    }),
    defineRoute({
      method: "post",
      path: "/v1/me/feedback",
      operationId: "sendMyFeedback",
      tag: "My account",
      summary: "What I rated, clicked, watched or dismissed",
      description: "As `POST /v1/feedback`, for the account that asks.",
      permission: "feedback:own",
      params: nothing,
      query: nothing,
      body: myFeedbackBody,
      headers: idempotencyHeader,
      responses: { 200: { description: "All events are kept.", schema: feedbackReply } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ body: { events } }, { headers, principal }) => {
        const { id } = requireAccount(principal);
        const given = events.map((event) => ({ ...event, userId: id, namespace: "account" as const }));
        checkScale(models, given);
        return { body: await recordFeedback(given, id, batchName(headers["idempotency-key"])) };
      },
    }),
  ];
}

function batchName(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const parsed = idempotencyKey.safeParse(header);
  if (parsed.success) return parsed.data;
  throw invalidInput([
    { in: "header", path: "Idempotency-Key", message: parsed.error.issues[0]?.message ?? "is not valid" },
  ]);
}

/** A rating off the scale of what is served is a client's mistake; without a model there is no scale to check against. */
function checkScale(models: LiveModels, events: readonly FeedbackEvent[]): void {
  const scale = models.current()?.shared.model.scale;
  if (scale === undefined) return;
  const errors = events.flatMap((event, index): FieldError[] =>
    event.kind !== "rating" || (event.rating >= scale.minimum && event.rating <= scale.maximum)
      ? []
      : [
          {
            in: "body",
            path: `events.${index}.rating`,
            message: `is off the scale ${scale.minimum} … ${scale.maximum}`,
          },
        ],
  );
  if (errors.length > 0) throw invalidInput(errors);
}
