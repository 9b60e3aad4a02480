import type { MethodOutput } from "../../../../core/contract/methods.ts";

type Entry = MethodOutput<"files.browse">["entries"][number];

/** Names under which public data sets keep tags, links, genomes and users. */
const known = /^(tags|links|genome|users?|u\.user|u\.occupation|trust|demograph)/i;

/** Which files of a folder belong to the data set and are not part of the import. */
export function filesNotRead(entries: readonly Entry[], read: ReadonlySet<string>): readonly string[] {
  return entries
    .filter(({ kind, name, path }) => kind === "file" && known.test(name) && !read.has(path))
    .map(({ name }) => name)
    .slice(0, 8);
}
