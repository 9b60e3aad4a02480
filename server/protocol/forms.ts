import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { z } from "zod";
import { ReelbenchError } from "../../core/contract/errors.ts";
import type { BinaryForm } from "../http/route.ts";
import type {
  answerSchema,
  batchAnswerSchema,
  feedbackReply,
  predictionsSchema,
  similarSchema,
  trendingSchema,
} from "../http/schemas.ts";
import {
  FeedbackAcceptedSchema,
  FeedbackBatchSchema,
  FeedbackKind,
  KeptIn,
} from "./generated/reelbench/v1/feedback_pb.js";
import {
  Basis,
  BatchAnswerSchema,
  Degradation,
  PredictionsSchema,
  RecommendationsSchema,
  SimilarItemsSchema,
  TrendingSchema,
} from "./generated/reelbench/v1/recommendations_pb.js";

type Answer = z.infer<typeof answerSchema>;

const basisOf: Readonly<Record<Answer["basis"], Basis>> = {
  personal: Basis.PERSONAL,
  "fold-in": Basis.FOLD_IN,
  preferences: Basis.PREFERENCES,
  popularity: Basis.POPULARITY,
  group: Basis.GROUP,
};
const degradationOf: Readonly<Record<Answer["degraded"][number], Degradation>> = {
  "feedback-unavailable": Degradation.FEEDBACK_UNAVAILABLE,
};
const keptIn: Readonly<Record<z.infer<typeof feedbackReply>["kept"], KeptIn>> = {
  postgres: KeptIn.POSTGRES,
  redis: KeptIn.REDIS,
  spool: KeptIn.SPOOL,
};
const kindOf: Readonly<Record<FeedbackKind, string | undefined>> = {
  // Refused by the schema, which names the field.
  [FeedbackKind.UNSPECIFIED]: undefined,
  [FeedbackKind.RATING]: "rating",
  [FeedbackKind.CLICK]: "click",
  [FeedbackKind.VIEW]: "view",
  [FeedbackKind.DISMISSAL]: "dismissal",
};

interface Nullable {
  readonly title: string | null;
  readonly year: number | null;
}

/** A field that JSON has as null is not set. */
function withoutNulls<T extends Nullable>({ title, year, ...rest }: T) {
  return { ...rest, ...(title === null ? {} : { title }), ...(year === null ? {} : { year }) };
}

function toRecommendations({ basis, degraded, items, userId, nextCursor, exploredRanks, ...rest }: Answer) {
  return create(RecommendationsSchema, {
    ...rest,
    ...(userId === undefined ? {} : { userId }),
    ...(nextCursor === null ? {} : { nextCursor }),
    exploredRanks: [...exploredRanks],
    basis: basisOf[basis],
    degraded: degraded.map((each) => degradationOf[each]),
    items: items.map(({ explanation, ...item }) => ({
      ...withoutNulls(item),
      ...(explanation === null
        ? {}
        : {
            explanation: {
              baseline: explanation.baseline,
              contributions: explanation.contributions.map(({ title, ...each }) => ({
                ...each,
                ...(title === null ? {} : { title }),
              })),
            },
          }),
    })),
  });
}

// Each of these is given what its route answers with: the route's schema says so, and a test compares both forms.
export const recommendationsForm: BinaryForm = {
  reply: "reelbench.v1.Recommendations",
  write: (body) => toBinary(RecommendationsSchema, toRecommendations(body as Answer)),
};

export const predictionsForm: BinaryForm = {
  reply: "reelbench.v1.Predictions",
  write: (body) => {
    const { basis, degraded, predictions, userId, ...rest } = body as z.infer<typeof predictionsSchema>;
    return toBinary(
      PredictionsSchema,
      create(PredictionsSchema, {
        ...rest,
        ...(userId === undefined ? {} : { userId }),
        basis: basisOf[basis],
        degraded: degraded.map((each) => degradationOf[each]),
        predictions: predictions.map(({ rating, ...each }) => ({ ...each, ...(rating === null ? {} : { rating }) })),
      }),
    );
  },
};

export const batchForm: BinaryForm = {
  reply: "reelbench.v1.BatchAnswer",
  write: (body) => {
    const { version, answers } = body as z.infer<typeof batchAnswerSchema>;
    return toBinary(BatchAnswerSchema, create(BatchAnswerSchema, { version, answers: answers.map(toRecommendations) }));
  },
};

export const similarForm: BinaryForm = {
  reply: "reelbench.v1.SimilarItems",
  write: (body) => {
    const { items, ...rest } = body as z.infer<typeof similarSchema>;
    return toBinary(SimilarItemsSchema, create(SimilarItemsSchema, { ...rest, items: items.map(withoutNulls) }));
  },
};

export const trendingForm: BinaryForm = {
  reply: "reelbench.v1.Trending",
  write: (body) => {
    const { items, days } = body as z.infer<typeof trendingSchema>;
    return toBinary(TrendingSchema, create(TrendingSchema, { days, items: items.map(withoutNulls) }));
  },
};

export const feedbackForm: BinaryForm = {
  reply: "reelbench.v1.FeedbackAccepted",
  request: "reelbench.v1.FeedbackBatch",
  write: (body) => {
    const { kept, ...rest } = body as z.infer<typeof feedbackReply>;
    return toBinary(FeedbackAcceptedSchema, create(FeedbackAcceptedSchema, { ...rest, kept: keptIn[kept] }));
  },
  read: (bytes) => {
    try {
      return {
        events: fromBinary(FeedbackBatchSchema, bytes).events.map(({ userId, itemId, kind, rating, time }) => ({
          userId,
          itemId,
          kind: kindOf[kind],
          ...(rating === undefined ? {} : { rating }),
          ...(time === undefined ? {} : { time }),
        })),
      };
    } catch (cause) {
      throw new ReelbenchError("RB_INVALID_INPUT", "The body is no message reelbench.v1.FeedbackBatch.", { cause });
    }
  },
};
