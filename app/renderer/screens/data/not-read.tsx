import { Text } from "@mantine/core";
import { useQueryMethod } from "../../transport/hooks.ts";
import { filesNotRead } from "./files-not-read.ts";

interface NotReadProps {
  readonly path: string;
  readonly titles: string;
  readonly more: readonly string[];
}

/** The files of a data set that lie beside the ratings and that Reelbench makes nothing of. */
export function NotRead({ path, titles, more }: NotReadProps) {
  const directory = path.replace(/[\\/][^\\/]*$/, "");
  const beside = useQueryMethod("files.browse", { directory: directory === "" ? "/" : directory });
  const names = filesNotRead(beside.data?.entries ?? [], new Set([path, titles, ...more]));
  if (names.length === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      Beside the ratings, and not read: {names.join(", ")}. Reelbench learns from ratings, titles, years and genres;
      tags, links and what is known of users are left where they are.
    </Text>
  );
}
