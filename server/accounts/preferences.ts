import { z } from "zod";

const wellFormed = (text: string) => !/[\p{Surrogate}\u0000]/u.test(text);
const genre = z.string().min(1).max(100).refine(wellFormed, "must be well-formed Unicode");

/** What somebody says of themselves, which counts until there are ratings. */
export const preferences = z
  .strictObject({
    genres: z.array(genre).max(30).default([]).meta({ description: "Genres they like." }),
    avoidGenres: z.array(genre).max(30).default([]).meta({ description: "Genres they never want to see." }),
    yearFrom: z.int().min(1800).max(2200).nullable().default(null),
    yearTo: z.int().min(1800).max(2200).nullable().default(null),
  })
  .meta({ id: "Preferences" });
export type Preferences = z.infer<typeof preferences>;
