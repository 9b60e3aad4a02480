import type { Random } from "./random.ts";

export const sampleGenres = ["Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Horror", "Musical", "Mystery", "Romance", "Science Fiction", "Thriller", "War", "Western"] as const;

const adjectives = ["Crooked", "Silent", "Borrowed", "Paper", "Midnight", "Reluctant", "Gilded", "Forgotten", "Electric", "Tender", "Winter", "Crimson", "Invisible", "Honest", "Wandering", "Salted", "Velvet", "Hollow", "Second-Hand", "Amber", "Stubborn", "Distant", "Luminous", "Unlikely", "Quiet", "Counterfeit", "Barefoot", "Northern", "Accidental", "Patient", "Sleepless", "Rusty", "Perfumed", "Sunken", "Feathered", "Polite", "Thirteenth", "Moonlit", "Ordinary", "Restless"] as const;
const nouns = ["Lighthouse", "Orchard", "Cartographer", "Clockmaker", "Harbour", "Violin", "Umbrella", "Beekeeper", "Telegram", "Staircase", "Comet", "Lantern", "Postman", "Carousel", "Glacier", "Notebook", "Ferry", "Detective", "Greenhouse", "Parade", "Piano Tuner", "Compass", "Suitcase", "Astronomer", "Tide", "Magician", "Vineyard", "Locksmith", "Balloon", "Archivist", "Sparrow", "Circus", "Tunnel", "Baker", "Observatory", "Tailor", "Whale", "Photograph", "Waltz", "Bridge"] as const;
const places = ["Valparaíso", "Saint-Malo", "Odense", "Trieste", "Mombasa", "Kyoto", "Galway", "Tromsø", "Samarkand", "Porto", "Halifax", "Cádiz", "Lviv", "Reykjavík", "Montevideo", "Tbilisi", "Zanzibar", "Bergen", "Kraków", "Penang", "Dunedin", "Antwerp", "Oaxaca", "Izmir"] as const;
const people = ["Adela", "Bruno", "Célestine", "Dmitri", "Esther", "Farouk", "Greta", "Hiro", "Imogen", "Jonas", "Katya", "Leopold", "Miriam", "Nils", "Odette", "Pascal", "Quentin", "Rosalind", "Søren", "Teodora", "Ulla", "Viktor", "Wilhelmina", "Yusuf"] as const;
const events = ["Last Summer", "Long Goodbye", "First Snow", "Great Escape Plan", "Sunday Lunch", "Grand Tour", "Missing Hour", "Final Curtain", "Wrong Train", "Secret Recipe", "Lost Election", "Third Wish", "Night Shift", "Family Business", "Silver Wedding", "Empty Theatre"] as const;

type Words = readonly string[];
const pick = (random: Random, words: Words) => words[random.below(words.length)] ?? "";

const patterns: readonly ((random: Random) => string)[] = [
  (random) => `The ${pick(random, adjectives)} ${pick(random, nouns)}`,
  (random) => `${pick(random, people)} and the ${pick(random, nouns)}`,
  (random) => `The ${pick(random, nouns)} of ${pick(random, places)}`,
  (random) => `${pick(random, people)}'s ${pick(random, events)}`,
  (random) => `${pick(random, events)} in ${pick(random, places)}`,
  (random) => `${pick(random, adjectives)} ${pick(random, nouns)}s`,
  (random) => `A ${pick(random, nouns)} for ${pick(random, people)}`,
  (random) => `${pick(random, people)}, ${pick(random, people)} and the ${pick(random, adjectives)} ${pick(random, nouns)}`,
  (random) => `How ${pick(random, people)} Lost the ${pick(random, adjectives)} ${pick(random, nouns)}`,
  (random) => `The ${pick(random, adjectives)} ${pick(random, nouns)} of ${pick(random, places)}`,
];

/** Titles that no film has, each given out once; sequels when the words run out. */
export function createTitles(random: Random): () => string {
  const taken = new Map<string, number>();
  return () => {
    let title = "";
    for (let attempt = 0; attempt < 6; attempt++) {
      title = (patterns[random.below(patterns.length)] ?? patterns[0] ?? (() => ""))(random);
      if (!taken.has(title)) break;
    }
    const part = (taken.get(title) ?? 0) + 1;
    taken.set(title, part);
    return part === 1 ? title : `${title}, Part ${String(part)}`;
  };
}
