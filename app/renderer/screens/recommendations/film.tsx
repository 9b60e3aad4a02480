import { Text } from "@mantine/core";
import type { CatalogueItem } from "../../../../core/contract/entities.ts";

/** A film's title, or its id where the data has no titles. */
export function filmTitle({ title, itemId }: Pick<CatalogueItem, "title" | "itemId">): string {
  return title ?? `Film ${itemId}`;
}

export function FilmName({ film }: { readonly film: CatalogueItem }) {
  const about = [
    film.year === null || film.title?.includes(`(${String(film.year)})`) === true ? null : String(film.year),
    film.genres.join(", "),
  ]
    .filter((part) => part !== null && part !== "")
    .join(" · ");
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="sm" truncate title={filmTitle(film)}>
        {filmTitle(film)}
      </Text>
      {about !== "" && (
        <Text size="xs" c="dimmed" truncate title={about}>
          {about}
        </Text>
      )}
    </div>
  );
}
