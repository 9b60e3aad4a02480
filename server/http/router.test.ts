import fc from "fast-check";
import { expect, test } from "vitest";
import { createRouter } from "./router.ts";

const route = (method: string, path: string) => ({ method, path, value: `${method} ${path}` });
const router = createRouter([
  route("get", "/v1/items"),
  route("get", "/v1/items/{itemId}"),
  route("put", "/v1/items/{itemId}"),
  route("get", "/v1/items/trending"),
  route("get", "/v1/items/{id}/similar"),
  route("get", "/"),
]);
const answer = (method: string, path: string) => {
  const found = router.find(path);
  return found === null ? null : [found.byMethod.get(method) ?? [...found.byMethod.keys()], { ...found.params }];
};

test("a fixed segment goes before a parameter, and a parameter's name is that of its own route", () => {
  expect(answer("GET", "/v1/items")).toEqual(["get /v1/items", {}]);
  expect(answer("GET", "/v1/items/trending")).toEqual(["get /v1/items/trending", {}]);
  expect(answer("PUT", "/v1/items/7")).toEqual(["put /v1/items/{itemId}", { itemId: "7" }]);
  expect(answer("GET", "/v1/items/trending/similar")).toEqual(["get /v1/items/{id}/similar", { id: "trending" }]);
  expect(answer("DELETE", "/v1/items/7")).toEqual([["GET", "PUT"], { itemId: "7" }]);
});

test("what is not a route's path is nothing", () => {
  for (const path of ["", "*", "v1/items", "/v1/items/", "/v1//similar", "/V1/items", "/v1/items/7/similar/8"])
    expect([path, router.find(path)]).toEqual([path, null]);
});

test("any id comes out as it went in, and reaches nothing else", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) => {
      expect(answer("GET", `/v1/items/${encodeURIComponent(id)}/similar`)).toEqual([
        "get /v1/items/{id}/similar",
        { id },
      ]);
    }),
  );
  expect(() => router.find("/v1/items/%ff")).toThrow(/UTF-8/);
});
