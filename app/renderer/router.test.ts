import { expect, it } from "vitest";
import { viewPaths } from "../../core/contract/views.ts";
import { router } from "./router.tsx";

it("links may lead to every view that there is, and to no other", () => {
  const routes = Object.values(router.routesById).flatMap(({ id, fullPath }) => (id === "__root__" ? [] : [fullPath]));
  expect(routes.toSorted()).toEqual([...viewPaths].toSorted());
});
