import { z } from "zod";
import { catalogueItem, isoTime, recommendation } from "../../core/contract/entities.ts";
import { versionName } from "../../core/production/versions.ts";

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Postgres holds no NUL, and half a surrogate pair would come back as something else. */
export const text = (shortest: number, longest: number) =>
  z
    .string()
    .min(shortest)
    .max(longest)
    .regex(/^[^\u0000]*$/, "must not contain NUL")
    .refine(isWellFormed, "must be well-formed Unicode");

/** Ids are the data's own strings. */
const id = text(1, 512);
export const userIdSchema = id.meta({ description: "The user's id as it stands in the data.", examples: ["42"] });
export const itemIdSchema = id.meta({ description: "The item's id as it stands in the data.", examples: ["50"] });

/** Whole numbers as a query writes them: digits only, so that `1e9`, ` 7` and `0x10` are refused; up to 2^53 - 1, as the schemas say. */
export const queryInteger = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value), schema);

export const queryBoolean = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === "true" ? true : value === "false" ? false : value), schema);

/** A parameter that may be repeated: once is a list of one. */
export const queryList = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === "string" ? [value] : value), schema);

export const maximumN = 200;
export const maximumRatings = 5000;
const maximumExcluded = 1000;
/** An address has to be short. */
const maximumExcludedInQuery = 100;
export const maximumEvents = 1000;

const n = z.int().min(1).max(maximumN).default(10).meta({ description: "How many items to answer with at most." });
const year = z.int().min(1800).max(2200).optional();
const genres = z
  .array(text(1, 100))
  .max(20)
  .default([])
  .meta({ description: "Only items with at least one of these genres." });
const exclude = (most: number) =>
  z.array(itemIdSchema).max(most).default([]).meta({ description: "Items not to answer with." });

const withoutGenres = genres.meta({ description: "No items with any of these genres." });

export const filterQuery = {
  genre: queryList(genres),
  withoutGenre: queryList(withoutGenres),
  yearFrom: queryInteger(year),
  yearTo: queryInteger(year),
  exclude: queryList(exclude(maximumExcludedInQuery)),
};
export const filterBody = { genres, withoutGenres, yearFrom: year, yearTo: year, exclude: exclude(maximumExcluded) };

export const nQuery = queryInteger(n);
export const nBody = n;

export const userParams = z.strictObject({ userId: userIdSchema });
export const versionParams = z.strictObject({ version: versionName });
export const itemParams = z.strictObject({ itemId: itemIdSchema });

export const basisSchema = z.enum(["personal", "fold-in", "preferences", "popularity", "group"]).meta({
  description:
    "What the list was made from: what the model holds of this user, or their history in its training; ratings folded in at request time; what is popular among what an account says it likes; or, with nothing " +
    "known about the user (or a model with nothing personal), what most people rated.",
});

export const maximumBatch = 100;
export const maximumGroup = 20;

const userIds = (most: number) =>
  z
    .array(userIdSchema)
    .min(1)
    .max(most)
    .refine((ids) => new Set(ids).size === ids.length, "must not name a user twice")
    .meta({ uniqueItems: true });

export const batchBody = z
  .strictObject({
    userIds: userIds(maximumBatch),
    n: nBody,
    excludeSeen: z.boolean().default(true),
    explain: z.boolean().default(false),
    ...filterBody,
  })
  .meta({ id: "BatchRequest" });

export const groupBody = z
  .strictObject({
    userIds: userIds(maximumGroup),
    strategy: z.enum(["average", "least-misery"]).default("average").meta({
      description: "An item's score for the group: the mean of its members' scores, or the lowest of them.",
    }),
    n: nBody,
    excludeSeen: z.boolean().default(true),
    ...filterBody,
  })
  .meta({ id: "GroupRequest" });

export const trendingQuery = z.strictObject({
  n: nQuery,
  days: queryInteger(z.int().min(1).max(90).default(7)).meta({ description: "How far back feedback counts." }),
});

export const trendingSchema = z
  .object({
    days: z.int(),
    items: z.array(
      catalogueItem.extend({
        rank: z.int().positive(),
        score: z
          .number()
          .meta({ description: "Users who gave feedback on it, each half as much for every half of the span." }),
        users: z.int().nonnegative(),
      }),
    ),
  })
  .meta({ id: "Trending" });

export const answerSchema = z
  .object({
    version: z.string().meta({ description: "The version of the model that made this whole answer." }),
    userId: z.string().optional(),
    basis: basisSchema,
    ratingsUsed: z.int().nonnegative().meta({ description: "How many ratings were folded in at request time." }),
    degraded: z
      .array(z.enum(["feedback-unavailable"]))
      .meta({ description: "What could not be taken into account just now." }),
    items: z.array(recommendation),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: "The next page; null at the end, and where there are no pages." }),
    exploredRanks: z
      .array(z.int().positive())
      .meta({ description: "Ranks whose item was drawn by lot instead of by its score." }),
  })
  .meta({ id: "Recommendations" });

export const predictionQuery = z.strictObject({
  item: queryList(z.array(itemIdSchema).min(1).max(100)).meta({ description: "The items' ids; may be repeated." }),
});

export const predictionsSchema = z
  .object({
    version: z.string().meta({ description: "The version of the model that made this whole answer." }),
    userId: z.string().optional(),
    basis: basisSchema.exclude(["group"]),
    ratingsUsed: z.int().nonnegative().meta({ description: "How many ratings were folded in at request time." }),
    degraded: z
      .array(z.enum(["feedback-unavailable"]))
      .meta({ description: "What could not be taken into account just now." }),
    predictions: z.array(
      z.object({
        itemId: z.string(),
        score: z.number().meta({ description: "As the model ranks by." }),
        rating: z.number().nullable().meta({ description: "On the scale; null from a model that predicts none." }),
      }),
    ),
    unknownItems: z.array(z.string()),
  })
  .meta({ id: "Predictions" });

export const batchAnswerSchema = z
  .object({ version: z.string(), answers: z.array(answerSchema) })
  .meta({ id: "BatchAnswer" });

export const similarSchema = z
  .object({
    version: z.string(),
    itemId: z.string(),
    items: z.array(catalogueItem.extend({ rank: z.int().positive(), score: z.number() })),
  })
  .meta({ id: "SimilarItems" });

export const itemSchema = catalogueItem
  .extend({ hidden: z.boolean().meta({ description: "Nobody is shown it." }) })
  .meta({ id: "Item" });

export const maximumEditedItems = 1000;

const title = text(1, 1000);
export const itemBody = z
  .strictObject({
    title: title.nullable(),
    year: z.int().min(1800).max(2200).nullable().default(null),
    genres: z
      .array(title.max(100))
      .max(50)
      .default([])
      .transform((names) => [...new Set(names)]),
  })
  .meta({ id: "ItemDetails" });

export const itemSearchQuery = z.strictObject({
  text: text(0, 200).default("").meta({
    description: "Words of the title, or their beginnings; all of them must be there.",
  }),
  genre: queryList(genres),
  yearFrom: queryInteger(year),
  yearTo: queryInteger(year),
  hidden: queryBoolean(z.boolean().optional()),
  offset: queryInteger(z.int().min(0).max(10_000).default(0)),
  limit: queryInteger(z.int().min(1).max(200).default(50)),
});

export const recommendBody = z
  .strictObject({
    ratings: z.array(z.strictObject({ itemId: itemIdSchema, rating: z.number() })).max(maximumRatings),
    n: nBody,
    explain: z.boolean().default(false),
    ...filterBody,
  })
  .meta({ id: "RecommendationRequest" });

const time = isoTime.optional().meta({ description: "When it happened; now, if left out." });
const ratingFields = {
  itemId: itemIdSchema,
  kind: z.literal("rating"),
  rating: z.number().min(-1e6).max(1e6).meta({ description: "On the scale of the data." }),
  time,
};
const otherFields = { itemId: itemIdSchema, kind: z.enum(["click", "view", "dismissal"]), time };
const byUser = { userId: userIdSchema };

export const feedbackBody = z
  .strictObject({
    events: z
      .array(
        z.discriminatedUnion("kind", [
          z.strictObject({ ...byUser, ...ratingFields }),
          z.strictObject({ ...byUser, ...otherFields }),
        ]),
      )
      .min(1)
      .max(maximumEvents),
  })
  .meta({ id: "FeedbackBatch" });
export const myFeedbackBody = z
  .strictObject({
    events: z
      .array(z.discriminatedUnion("kind", [z.strictObject(ratingFields), z.strictObject(otherFields)]))
      .min(1)
      .max(maximumEvents),
  })
  .meta({ id: "MyFeedbackBatch" });
export const feedbackReply = z
  .object({
    accepted: z.int().nonnegative().meta({ description: "Events kept by this request." }),
    duplicates: z.int().nonnegative().meta({ description: "Events that were kept before under the same key." }),
    kept: z.enum(["postgres", "redis", "spool"]).meta({
      description: "Where: while Postgres is away, feedback waits in Redis or on the server's disk and is moved later.",
    }),
  })
  .meta({ id: "FeedbackAccepted" });

export const versionSchema = z
  .object({
    version: z.string(),
    algorithm: z.string(),
    createdAt: isoTime,
    servingSince: isoTime,
    epoch: z.int(),
    users: z.int(),
    items: z.int(),
    factors: z.int(),
    modelHash: z.string(),
    software: z.string(),
    server: z.string(),
  })
  .meta({ id: "ServingVersion" });
