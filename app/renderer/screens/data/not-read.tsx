import { Text } from "@mantine/core";
import { useQueryMethod } from "../../transport/hooks.ts";
import { filesNotRead } from "./files-not-read.ts";

interface NotReadProps {
  readonly path: string;
  readonly read: readonly string[];
}

/** The files of a data set that lie beside the ratings and that Reelbench makes nothing of. */
export function NotRead({ path, read }: NotReadProps) {
  const directory = path.replace(/[\\/][^\\/]*$/, "");
  const beside = useQueryMethod("files.browse", { directory: directory === "" ? "/" : directory });
  const names = filesNotRead(beside.data?.entries ?? [], new Set([path, ...read]));
  if (names.length === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      Beside the ratings, and not read: {names.join(", ")}. Reelbench learns from ratings, titles, years, genres, tags
      and what is known of users; links and genomes are left where they are.
    </Text>
  );
}
