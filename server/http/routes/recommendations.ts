import { z } from "zod";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { RawRequest, Reply, Route } from "../route.ts";
import { encodeAs } from "../route.ts";
import { batchForm, recommendationsForm, similarForm, trendingForm } from "../../protocol/forms.ts";
import {
  answerSchema,
  batchAnswerSchema,
  batchBody,
  filterQuery,
  groupBody,
  itemParams,
  nQuery,
  queryBoolean,
  recommendBody,
  similarSchema,
  trendingQuery,
  trendingSchema,
  userParams,
} from "../schemas.ts";
import type { Format } from "../negotiate.ts";
import type { LiveModel } from "../../live-model/live-models.ts";
import { requireAccount, requirePermission } from "../../auth/principal.ts";
import { cursorPattern } from "../../cursor.ts";
import { accountPerson, dataPerson } from "../../person.ts";
import type { Person } from "../../person.ts";
import { explorationDay } from "../../page.ts";
import type { Answer } from "../../recommendations.ts";

const flag = (byDefault: boolean, description: string) =>
  queryBoolean(z.boolean().default(byDefault)).meta({ description });

/** What only lists of one person can be. */
const plain = { diversity: 0, explore: 0, cursor: null, name: null, inspected: false } as const;

/** A query longer than this is not asked again soon. */
const longestKept = 200;

/** As JSON writes numbers, or with nothing before the point: no spaces, no hexadecimal, no infinity. */
const decimal = /^(?=.{1,30}$)(0|[1-9]\d*)?(\.\d+)?(e[+-]?\d{1,3})?$/i;

const share = (description: string) =>
  z
    .preprocess(
      (value) => (typeof value === "string" && decimal.test(value) ? Number(value) : value),
      z.number().min(0).max(1).default(0),
    )
    .meta({ description });

const modelQuery = z
  .string()
  .regex(/^[\w.:-]{1,200}$/)
  .optional()
  .meta({
    description:
      "Which of the versions this server holds is to answer: `serving`, `challenger` (of the experiment) or its name. For those with the " +
      "permission versions:read; such a list counts as shown to nobody.",
  });

const personQuery = z.strictObject({
  model: modelQuery,
  n: nQuery,
  excludeSeen: flag(true, "Leave out what the user has rated or watched."),
  explain: flag(false, "Say what each of the user's ratings adds to the score."),
  diversity: share("How much likeness in genres within the list counts against an item (maximal marginal relevance)."),
  explore: share("How many places go to chance where nothing is known of the user, the same ones for a day."),
  cursor: z
    .string()
    .regex(cursorPattern, "is no cursor")
    .optional()
    .meta({ description: "`nextCursor` of the page before, with the same parameters but for `n`." }),
  ...filterQuery,
});

export function recommendationRoutes({ models, recommendations, trending }: ServerContext): Route[] {
  const bodyOf = (live: LiveModel, answer: Answer, userId?: string) => ({
    version: live.shared.version,
    ...(userId === undefined ? {} : { userId }),
    basis: answer.basis,
    ratingsUsed: answer.ratingsUsed,
    degraded: answer.degraded,
    items: answer.items,
    nextCursor: answer.nextCursor,
    exploredRanks: answer.exploredRanks,
  });

  const headersOf = (live: LiveModel, answer: Pick<Answer, "source">) => ({
    "X-Reelbench-Version": live.shared.version,
    "X-Reelbench-Source": answer.source,
  });

  const answerWith = (live: LiveModel, answer: Answer): Reply => ({
    headers: headersOf(live, answer),
    body: bodyOf(live, answer),
  });

  /** What was written before and still holds is sent again at once. */
  const keptReply = (person: Person, name: string | null, format: Format): Reply | null => {
    const live = name === null ? null : models.currentFor(person.user);
    if (live === null || name === null) return null;
    const answer = recommendations.kept(live, person, name);
    const body = answer?.written[format];
    return answer === null || body === undefined ? null : { headers: headersOf(live, answer), body };
  };

  const forPerson = (
    person: Person,
    query: z.output<typeof personQuery>,
    { deadline, search, format, principal }: RawRequest,
    userId?: string,
  ): Promise<Reply> | Reply => {
    const { model, ...asked } = query;
    if (model !== undefined && principal !== null) requirePermission(principal, "versions:read");
    const lend = <T>(work: (live: LiveModel) => Promise<T>): Promise<T> =>
      model === undefined ? models.withModelFor(person.user, work) : models.withNamed(model, work);
    const isKept = model === undefined && search.length <= longestKept;
    const name = isKept ? (query.explore === 0 ? search : `${explorationDay()} ${search}`) : null;
    return (
      keptReply(person, name, format) ??
      lend(async (live) => {
        const { n, excludeSeen, explain, diversity, explore, cursor, genre, withoutGenre, ...filter } = asked;
        const answer = await recommendations.forPerson(live, {
          person,
          n,
          excludeSeen,
          explain,
          diversity,
          explore,
          cursor: cursor ?? null,
          filter: { genres: genre, withoutGenres: withoutGenre, ...filter },
          deadline,
          name,
          inspected: model !== undefined,
        });
        const headers = headersOf(live, answer);
        if (answer.written === null) return { headers, body: bodyOf(live, answer, userId) };
        const body = (answer.written[format] ??= encodeAs(format, bodyOf(live, answer, userId), recommendationsForm));
        return { headers, body };
      })
    );
  };

  return [
    defineRoute({
      method: "get",
      path: "/v1/users/{userId}/recommendations",
      operationId: "recommendForUser",
      binary: recommendationsForm,
      freshness: "revalidate",
      tag: "Recommendations",
      summary: "Items for a user",
      description:
        "Feedback sent a moment ago counts. A user nobody knows gets what is popular, and the answer says so (`basis`). " +
        "Pages go through the first 200 items; a list keeps its order from page to page whatever the user does meanwhile (409 when it " +
        "is no longer remembered, or another version serves). With `diversity` or `explore` there is one page. " +
        "With `explain`, `baseline` and `contributions` of each item add up to its score.",
      permission: "recommendations:any",
      params: userParams,
      query: personQuery,
      body: noBody,
      responses: { 200: { description: "The list, best first.", schema: answerSchema } },
      errors: ["RB_NO_ACTIVE_MODEL", "RB_NOT_FOUND", "RB_CONFLICT"],
      handle: ({ params: { userId }, query }, request) => forPerson(dataPerson(userId), query, request, userId),
    }),
    defineRoute({
      method: "get",
      path: "/v1/me/recommendations",
      operationId: "recommendForMe",
      binary: recommendationsForm,
      freshness: "revalidate",
      tag: "My account",
      summary: "Items for me",
      description:
        "From my ratings, those of the user of the data I am linked with included; without any, from my preferences; else what is popular.",
      permission: "recommendations:own",
      params: nothing,
      query: personQuery,
      body: noBody,
      responses: { 200: { description: "The list, best first.", schema: answerSchema } },
      errors: ["RB_NO_ACTIVE_MODEL", "RB_NOT_FOUND", "RB_CONFLICT"],
      handle: ({ query }, request) => forPerson(accountPerson(requireAccount(request.principal)), query, request),
    }),
    defineRoute({
      method: "post",
      path: "/v1/recommendations",
      operationId: "recommendForRatings",
      binary: recommendationsForm,
      tag: "Recommendations",
      summary: "Items for somebody known only by the ratings sent along",
      description: "The ratings are folded in for this one answer; nothing is stored.",
      permission: "recommendations:any",
      params: nothing,
      query: nothing,
      body: recommendBody,
      responses: { 200: { description: "The list, best first.", schema: answerSchema } },
      errors: ["RB_NO_ACTIVE_MODEL", "RB_NOT_FOUND"],
      handle: ({ body: { ratings, n, explain, ...filter } }, { deadline }) =>
        models.withCurrent(async (live) =>
          answerWith(live, await recommendations.forRatings(live, { ratings, n, explain, filter, deadline })),
        ),
    }),
    defineRoute({
      method: "post",
      path: "/v1/recommendations/batch",
      operationId: "recommendForBatch",
      binary: batchForm,
      tag: "Recommendations",
      summary: "Items for many users at once",
      description: "All of one version, each as that user's own request would be answered, in the order asked.",
      permission: "recommendations:any",
      params: nothing,
      query: nothing,
      body: batchBody,
      responses: {
        200: {
          description: "A list for each user.",
          schema: batchAnswerSchema,
        },
      },
      errors: ["RB_NO_ACTIVE_MODEL"],
      handle: ({ body: { userIds, n, excludeSeen, explain, ...filter } }, { deadline }) =>
        models.withCurrent(async (live) => {
          const { version } = live.shared;
          const answers = await Promise.all(
            userIds.map(async (userId) => {
              const request = { person: dataPerson(userId), n, excludeSeen, explain, filter, deadline, ...plain };
              return bodyOf(live, await recommendations.forPerson(live, request), userId);
            }),
          );
          return { headers: { "X-Reelbench-Version": version }, body: { version, answers } };
        }),
    }),
    defineRoute({
      method: "post",
      path: "/v1/recommendations/group",
      operationId: "recommendForGroup",
      binary: recommendationsForm,
      tag: "Recommendations",
      summary: "One list for people who watch together",
      description: "Nobody is shown what one of them has seen or dismissed.",
      permission: "recommendations:any",
      params: nothing,
      query: nothing,
      body: groupBody,
      responses: { 200: { description: "The list, best first.", schema: answerSchema } },
      errors: ["RB_NO_ACTIVE_MODEL"],
      handle: ({ body: { userIds, strategy, n, excludeSeen, ...filter } }, { deadline }) =>
        models.withCurrent(async (live) => {
          const people = userIds.map(dataPerson);
          return answerWith(
            live,
            await recommendations.forGroup(live, { people, strategy, n, excludeSeen, filter, deadline }),
          );
        }),
    }),
    defineRoute({
      method: "get",
      path: "/v1/trending",
      operationId: "getTrending",
      binary: trendingForm,
      freshness: "revalidate",
      tag: "Recommendations",
      summary: "What people took up lately",
      description: "Counted in feedback (ratings, clicks, views), the newest counting most; at most a minute old.",
      permission: "items:read",
      params: nothing,
      query: trendingQuery,
      body: noBody,
      responses: { 200: { description: "The list, most taken up first.", schema: trendingSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ query: { n, days } }) => {
        const items = await trending.find(days);
        return { body: { days, items: items.slice(0, n).map((item, at) => ({ ...item, rank: at + 1 })) } };
      },
    }),
    defineRoute({
      method: "get",
      path: "/v1/items/{itemId}/similar",
      operationId: "similarItems",
      binary: similarForm,
      freshness: "revalidate",
      tag: "Items",
      summary: "Items like this one",
      description: "By the cosine of the model's item factors, −1 … 1.",
      permission: "recommendations:any",
      params: itemParams,
      query: z.strictObject({ n: nQuery, ...filterQuery }),
      body: noBody,
      responses: { 200: { description: "The list, most similar first.", schema: similarSchema } },
      errors: ["RB_NO_ACTIVE_MODEL", "RB_NOT_FOUND", "RB_NO_ITEM_FACTORS"],
      handle: (
        { params: { itemId }, query: { n, genre: genres, withoutGenre: withoutGenres, ...filter } },
        { deadline },
      ) =>
        models.withCurrent(async (live) => {
          const items = await recommendations.similar(live, {
            itemId,
            n,
            filter: { genres, withoutGenres, ...filter },
            deadline,
          });
          return {
            headers: { "X-Reelbench-Version": live.shared.version },
            body: { version: live.shared.version, itemId, items },
          };
        }),
    }),
  ];
}
