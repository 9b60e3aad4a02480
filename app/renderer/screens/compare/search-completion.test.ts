import { describe, expect, it } from "vitest";
import { parseRunSearch } from "../../../../core/contract/run-search.ts";
import { suggestions } from "./search-completion.ts";

const facets = {
  active: 3,
  archived: 0,
  metrics: [
    { metric: "ndcg@10", runs: 3, higherIsBetter: true },
    { metric: "rmse", runs: 2, higherIsBetter: false },
  ],
  hyperparameters: [
    { name: "factors", runs: 2, numeric: true },
    { name: "seed", runs: 1, numeric: true },
  ],
  algorithms: [
    { algorithm: "ials", runs: 2 },
    { algorithm: "puresvd", runs: 1 },
  ],
  tags: [{ tag: "talk 2026", runs: 1 }],
};
const texts = (search: string) => suggestions(search, facets).map(({ text }) => text);
const results = (search: string) => suggestions(search, facets).map(({ result }) => result);

describe("completion of a search", () => {
  it("begins with fields, metrics among them", () => {
    expect(texts("")).toEqual(expect.arrayContaining(["name", "algorithm", "ndcg@10", "factors", "param.seed"]));
  });
  it("finds a metric by any part of it", () => expect(texts("10")).toEqual(["ndcg@10"]));
  it("offers the operators that make sense for the field", () => {
    expect(texts("ndcg@10 ")).toEqual([">", "<", ">=", "<=", "="]);
    expect(texts("algorithm ")).toEqual(["=", "!=", "~"]);
  });
  it("offers values that occur, quoted where needed", () => {
    expect(texts("algorithm = ")).toEqual(["ials", "puresvd"]);
    expect(texts("algorithm=pu")).toEqual(["puresvd"]);
    expect(texts("tag:")).toEqual(['"talk 2026"']);
  });
  it("then what joins, then fields again", () => {
    expect(texts("algorithm = ials ")).toEqual(["and", "or"]);
    expect(texts("algorithm = ials and nd")).toEqual(["ndcg@10"]);
  });
  it("puts in what is chosen, so that all of it can be understood", () => {
    expect(results("algorithm = pu")).toEqual(["algorithm = puresvd "]);
    expect(results("tag:")).toEqual(['tag:"talk 2026" ']);
    for (const search of [...results("algorithm = "), ...results("(tag:")])
      expect(parseRunSearch(`${search}${search.startsWith("(") ? ")" : ""}`)).toHaveProperty("expression");
  });
});
