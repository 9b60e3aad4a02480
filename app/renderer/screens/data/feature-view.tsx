import { SegmentedControl, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { FilmTable } from "./film-table.tsx";
import { GenreTable } from "./genre-table.tsx";
import { UserTable } from "./user-table.tsx";

const route = getRouteApi("/data/snapshots/$snapshotId");

const lists = [
  { value: "items", label: "Films" },
  { value: "users", label: "Users" },
  { value: "genres", label: "Genres" },
] as const;

/** What is known of each film, user and genre: popularity, means, biases, recency. */
export function FeatureView({ snapshot }: { readonly snapshot: Snapshot }) {
  const { list = "items" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="What is listed"
        w="fit-content"
        data={lists.map((entry) => ({ ...entry }))}
        value={list}
        onChange={(value) => void navigate({ search: { tab: "tables", list: value }, replace: true })}
      />
      {list === "items" && <FilmTable snapshot={snapshot} />}
      {list === "users" && <UserTable snapshot={snapshot} />}
      {list === "genres" && <GenreTable snapshot={snapshot} />}
    </Stack>
  );
}
