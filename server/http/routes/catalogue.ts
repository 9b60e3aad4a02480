import { z } from "zod";
import { catalogueItem } from "../../../core/contract/entities.ts";
import { ReelbenchError } from "../../../core/contract/errors.ts";
import { editItems, findItem, removeItem, searchItems, setHidden } from "../../../core/production/catalogue.ts";
import type { StoredItem } from "../../../core/production/catalogue.ts";
import { isTargetAway } from "../../../core/production/database.ts";
import { catalogueEntry, itemIndex } from "../../live-model/answer.ts";
import { writeAudit } from "../../audit/audit-log.ts";
import type { ServerContext } from "../context.ts";
import { defineRoute, noBody, nothing } from "../route.ts";
import type { RawRequest, Route } from "../route.ts";
import { itemBody, itemIdSchema, itemParams, itemSchema, itemSearchQuery, maximumEditedItems } from "../schemas.ts";
import { originOf } from "./sessions.ts";

const pageSchema = z
  .object({
    items: z.array(itemSchema),
    next: z.int().nullable().meta({ description: "`offset` of the next page; null at the end." }),
  })
  .meta({ id: "ItemPage" });

const editedSchema = z.object({ created: z.int(), changed: z.int() }).meta({ id: "EditedItems" });

/** The catalogue: everybody reads what is shown; operators read, change, hide and remove all of it. */
export function catalogueRoutes({ config, database, pools, models }: ServerContext): Route[] {
  const base = { params: nothing, query: nothing, tag: "Items" } as const;
  const maySeeHidden = ({ principal }: RawRequest) => principal?.permissions.has("items:write") ?? false;

  /** While Postgres is away the model that is served still knows its items. */
  async function stored(itemId: string): Promise<StoredItem | null> {
    try {
      return await findItem(database, itemId);
    } catch (error) {
      const shared = models.current()?.shared;
      if (shared === undefined || !isTargetAway(error)) throw error;
      const i = itemIndex(shared, itemId);
      return { ...catalogueEntry(shared, i), hidden: false, revision: shared.catalogueRevision };
    }
  }

  async function visible(itemId: string, request: RawRequest): Promise<StoredItem> {
    const item = await stored(itemId);
    if (item === null || (item.hidden && !maySeeHidden(request)))
      throw new ReelbenchError("RB_NOT_FOUND", `There is no item "${itemId.slice(0, 100)}".`);
    return item;
  }

  const audit = (request: RawRequest, action: string, subject: string | null, details = {}) =>
    writeAudit(database, { ...originOf(request), action, subject, outcome: "done", details });

  return [
    defineRoute({
      ...base,
      permission: "items:read",
      method: "get",
      path: "/v1/items",
      operationId: "searchItems",
      summary: "Items by words of the title, genre and year",
      description: "Words may be beginnings: `matr` finds The Matrix. Hidden items are for those who may change them.",
      query: itemSearchQuery,
      body: noBody,
      responses: { 200: { description: "The best matches first, then by title.", schema: pageSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ query: { text, genre: genres, yearFrom, yearTo, hidden, offset, limit } }, request) => {
        const items = await searchItems(database, {
          text,
          genres,
          yearFrom: yearFrom ?? null,
          yearTo: yearTo ?? null,
          hidden: maySeeHidden(request) ? (hidden ?? null) : false,
          offset,
          limit,
        });
        return { body: { items: items.map(toItem), next: items.length === limit ? offset + limit : null } };
      },
    }),
    defineRoute({
      ...base,
      permission: "items:read",
      method: "get",
      path: "/v1/items/{itemId}",
      operationId: "getItem",
      summary: "Title, year and genres of an item",
      params: itemParams,
      body: noBody,
      responses: { 200: { description: "The item.", schema: itemSchema } },
      errors: ["RB_NOT_FOUND", "RB_UNAVAILABLE"],
      handle: async ({ params: { itemId } }, request) => ({ body: toItem(await visible(itemId, request)) }),
    }),
    defineRoute({
      ...base,
      permission: "items:write",
      method: "put",
      path: "/v1/items/{itemId}",
      operationId: "putItem",
      summary: "Add an item, or change one",
      description: "Publications no longer overwrite what was put here. An item that was removed comes back.",
      params: itemParams,
      body: itemBody,
      responses: { 200: { description: "The item as it is now.", schema: itemSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ params: { itemId }, body }, request) => {
        await editItems(pools.writes, config.channel, [{ itemId, ...body }]);
        await audit(request, "put-item", itemId);
        return { body: toItem(await visible(itemId, request)) };
      },
    }),
    defineRoute({
      ...base,
      permission: "items:write",
      method: "post",
      path: "/v1/items",
      operationId: "putItems",
      summary: "Add or change many items, all of them or none",
      body: z
        .strictObject({
          items: z
            .array(itemBody.extend({ itemId: itemIdSchema }))
            .min(1)
            .max(maximumEditedItems)
            .refine((items) => new Set(items.map(({ itemId }) => itemId)).size === items.length, {
              error: "must not name an item twice",
            }),
        })
        .meta({ id: "ItemBatch" }),
      responses: { 200: { description: "They are kept.", schema: editedSchema } },
      errors: ["RB_UNAVAILABLE"],
      handle: async ({ body: { items } }, request) => {
        const edited = await editItems(pools.writes, config.channel, items);
        await audit(request, "put-items", null, edited);
        return { body: edited };
      },
    }),
    defineRoute({
      ...base,
      permission: "items:write",
      method: "put",
      path: "/v1/items/{itemId}/hidden",
      operationId: "hideItem",
      summary: "Hide an item from every answer, or show it again",
      description: "In force at once on every server, whatever the model; no list holds it from then on.",
      params: itemParams,
      body: z.strictObject({ hidden: z.boolean() }).meta({ id: "Visibility" }),
      responses: { 200: { description: "The item as it is now.", schema: itemSchema } },
      errors: ["RB_NOT_FOUND", "RB_UNAVAILABLE"],
      handle: async ({ params: { itemId }, body: { hidden } }, request) => {
        const changed = await setHidden(pools.writes, config.channel, [itemId], hidden);
        if (changed > 0) await audit(request, hidden ? "hide-item" : "show-item", itemId);
        return { body: toItem(await visible(itemId, request)) };
      },
    }),
    defineRoute({
      ...base,
      permission: "items:write",
      method: "delete",
      path: "/v1/items/{itemId}",
      operationId: "removeItem",
      summary: "Take an item out of the catalogue",
      description: "It is hidden at once, and no publication brings it back; putting it again does.",
      params: itemParams,
      body: noBody,
      responses: { 204: { description: "It is out.", schema: null } },
      errors: ["RB_NOT_FOUND", "RB_UNAVAILABLE"],
      handle: async ({ params: { itemId } }, request) => {
        if (!(await removeItem(pools.writes, config.channel, itemId)))
          throw new ReelbenchError("RB_NOT_FOUND", `There is no item "${itemId.slice(0, 100)}".`);
        await audit(request, "remove-item", itemId);
        return { status: 204, body: null };
      },
    }),
  ];
}

function toItem({ itemId, title, year, genres, hidden }: StoredItem): z.infer<typeof itemSchema> {
  return { ...catalogueItem.parse({ itemId, title, year, genres }), hidden };
}
