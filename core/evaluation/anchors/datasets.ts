import type { AnchorRatings } from "./anchor-ratings.ts";

/** Data sets that published tables speak of, known by their shape. */
export type DatasetId = "ml-100k" | "ml-1m" | "ml-20m" | "msd";

interface Dataset {
  readonly id: DatasetId;
  readonly name: string;
  readonly ratings: number;
  readonly users: number;
  readonly items: number;
  /** How often each rating occurs: as good as a hash of the values, in any order of rows. Null: not checked. */
  readonly histogram: Readonly<Record<string, number>> | null;
}

/** GroupLens' READMEs (ratings, users, films with a rating); Liang et al. 2018, table 1, for the raw Taste Profile. */
export const datasets: readonly Dataset[] = [
  {
    id: "ml-100k",
    name: "MovieLens 100K",
    ratings: 100_000,
    users: 943,
    items: 1682,
    histogram: { 1: 6110, 2: 11_370, 3: 27_145, 4: 34_174, 5: 21_201 },
  },
  {
    id: "ml-1m",
    name: "MovieLens 1M",
    ratings: 1_000_209,
    users: 6040,
    items: 3706,
    histogram: { 1: 56_174, 2: 107_557, 3: 261_197, 4: 348_971, 5: 226_310 },
  },
  { id: "ml-20m", name: "MovieLens 20M", ratings: 20_000_263, users: 138_493, items: 26_744, histogram: null },
  {
    id: "msd",
    name: "Million Song Dataset, Taste Profile",
    ratings: 48_373_586,
    users: 1_019_318,
    items: 384_546,
    histogram: null,
  },
];

/** Which of them it is, or null. */
export function recognise({ users, items, rating }: Pick<AnchorRatings, "users" | "items" | "rating">): Dataset | null {
  const found = datasets.find(
    (dataset) => dataset.ratings === rating.length && dataset.users === users && dataset.items === items,
  );
  if (found === undefined || found.histogram === null) return found ?? null;
  const counts = new Map<number, number>();
  for (const value of rating) counts.set(value, (counts.get(value) ?? 0) + 1);
  const expected = Object.entries(found.histogram);
  const same = counts.size === expected.length && expected.every(([value, n]) => counts.get(Number(value)) === n);
  return same ? found : null;
}

/** For the refusal of what is not known. */
export function knownShapes(): string {
  const count = (n: number) => n.toLocaleString("en-US");
  return datasets
    .map(
      ({ name, ratings, users, items }) =>
        `${name} (${count(ratings)} ratings, ${count(users)} users, ${count(items)} items)`,
    )
    .join("; ");
}
