import { requireAccount } from "../../auth/principal.ts";
import { accountPerson, dataPerson } from "../../person.ts";
import type { Person } from "../../person.ts";
import { predictionsForm } from "../../protocol/forms.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { RawRequest, Reply, Route } from "../route.ts";
import { predictionQuery, predictionsSchema, userParams } from "../schemas.ts";

/** What somebody would rate items that they name. */
export function predictionRoutes({ models, predictions }: ServerContext): Route[] {
  const forPerson = (
    person: Person,
    itemIds: readonly string[],
    { deadline }: RawRequest,
    userId?: string,
  ): Promise<Reply> =>
    models.withModelFor(person.user, async (live) => {
      const { source, ...answer } = await predictions.forPerson(live, { person, itemIds, deadline });
      const { version } = live.shared;
      return {
        headers: { "X-Reelbench-Version": version, "X-Reelbench-Source": source },
        body: { version, ...(userId === undefined ? {} : { userId }), ...answer },
      };
    });
  const common = {
    method: "get",
    binary: predictionsForm,
    freshness: "revalidate",
    query: predictionQuery,
    body: noBody,
    responses: { 200: { description: "In the order asked.", schema: predictionsSchema } },
    errors: ["RB_NO_ACTIVE_MODEL"],
  } as const;

  return [
    defineRoute({
      ...common,
      path: "/v1/users/{userId}/predictions",
      operationId: "predictForUser",
      tag: "Recommendations",
      summary: "What a user would rate these items",
      description:
        "From the same knowledge as the user's recommendations, ratings sent a moment ago included; `basis` says which. `rating` is null " +
        "where the model ranks and predicts no ratings. Items that the version has none of are named in `unknownItems`.",
      permission: "recommendations:any",
      params: userParams,
      handle: ({ params: { userId }, query }, request) => forPerson(dataPerson(userId), query.item, request, userId),
    }),
    defineRoute({
      ...common,
      path: "/v1/me/predictions",
      operationId: "predictForMe",
      tag: "My account",
      summary: "What I would rate these items",
      permission: "recommendations:own",
      params: nothing,
      handle: ({ query }, request) => forPerson(accountPerson(requireAccount(request.principal)), query.item, request),
    }),
  ];
}
