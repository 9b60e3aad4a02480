import type { BundleCard } from "./bundle-card.ts";

/**
 * A Python script that opens a bundle's folder and prints the ten best films for somebody the model knows (`factors`,
 * `user-neighbours`) or for ratings given (`item-weights`). It needs numpy and safetensors and nothing of ours, and scores as
 * `docs/reference/bundle.md` says.
 */
export function pythonReader(card: BundleCard): string {
  return [head(card), ...scoring[card.form](card), tail].join("\n");
}

const head = ({ form, algorithm }: BundleCard) => `# ${algorithm}, a model bundle of Reelbench (form "${form}").
#   pip install numpy safetensors
#   python score.py ${form === "item-weights" ? "ITEM=RATING [ITEM=RATING ...]" : "USER"}
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

folder = Path(__file__).resolve().parent
card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
users = json.loads((folder / "users.json").read_text(encoding="utf-8"))
items = json.loads((folder / "items.json").read_text(encoding="utf-8"))
t = load_file(folder / "model.safetensors")
`;

const tail = `
seen = set(seen)
best = [i for i in np.argsort(-scores, kind="stable") if i not in seen][:10]
for i in best:
    print(f"{items[i]}\\t{scores[i]:.6f}")
`;

const historyInput = ({ input }: Extract<BundleCard, { form: "item-weights" | "user-neighbours" }>) =>
  input.kind === "binary"
    ? `1.0 if rating >= ${String(input.positiveFrom)} else 0.0`
    : `rating - ${String(input.center)}`;

const scoring: { readonly [Form in BundleCard["form"]]: (card: BundleCard) => readonly string[] } = {
  factors: () => [
    `u = users.index(sys.argv[1])
factors = t["user_factors"].astype(np.float64)
scores = card["globalMean"] + t["user_bias"].astype(np.float64)[u] + t["item_bias"].astype(np.float64)
scores = scores + t["item_factors"].astype(np.float64) @ factors[u]
# What somebody has rated already is not part of a bundle of factors; name it here and it is left out.
seen = []`,
  ],
  "item-weights": (card) => [
    `ratings = dict(word.rsplit("=", 1) for word in sys.argv[1:])
index = {item: i for i, item in enumerate(items)}
x = np.zeros(len(items))
for item, rating in ratings.items():
    rating = float(rating)
    x[index[item]] = ${card.form === "item-weights" ? historyInput(card) : "rating"}
scores = t["item_bias"].astype(np.float64) if "item_bias" in t else np.zeros(len(items))
if card["weights"] == "dense":
    scores = scores + x @ t["item_weights"].astype(np.float64)
else:
    start, item, weight = t["weight_start"], t["weight_item"], t["weight"].astype(np.float64)
    scores = scores.copy()
    for j in np.flatnonzero(x):
        scores[item[start[j]:start[j + 1]]] += x[j] * weight[start[j]:start[j + 1]]
seen = [index[item] for item in ratings]`,
  ],
  "user-neighbours": () => [
    `u = users.index(sys.argv[1])
start, item, value = t["rating_start"], t["rating_item"], t["rating"].astype(np.float64)
row = np.repeat(np.arange(len(users)), np.diff(start))
x = np.zeros(len(items))
x[item[start[u]:start[u + 1]]] = value[start[u]:start[u + 1]]
norm = np.bincount(row, value ** 2, len(users))
a, h = card["similarity"]["asymmetry"], card["similarity"]["shrinkage"]
below = norm[u] ** a * norm ** (1 - a) + h
dot = np.bincount(row, x[item] * value, len(users))
s = np.divide(dot, below, out=np.zeros(len(users)), where=below > 0)
s[u] = 0
s[s < 0] = 0
if "admission" in t:
    s[s < t["admission"] * (1 - 1e-5)] = 0
else:
    s[np.argsort(-s, kind="stable")[card["neighbours"]:]] = 0
scores = np.bincount(item, s[row] * value, len(items))
seen = item[start[u]:start[u + 1]].tolist()`,
  ],
};
