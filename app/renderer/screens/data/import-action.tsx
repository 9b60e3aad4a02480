import { ActionIcon, Alert, Button, Card, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { FilePreview, ReadOptions } from "../../../../core/contract/entities.ts";
import type { ImportCheck } from "../../../../core/contract/import-check.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { InView } from "../../components/feedback/in-view.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { useJob } from "../../transport/hooks.ts";
import { FileField } from "./file-field.tsx";
import { ImportCheckView } from "./import-check.tsx";
import { JobLine } from "./job-line.tsx";
import { NotRead } from "./not-read.tsx";
import { duplicatePolicies } from "./recipe-editing.ts";
import type { DuplicatePolicy } from "./recipe-editing.ts";
import { useImports } from "./use-imports.ts";
import type { Imported } from "./use-imports.ts";

interface ImportActionProps {
  readonly preview: FilePreview;
  /** The file of titles that came with a drop. */
  readonly titles: string | undefined;
  readonly chosen: ReadOptions;
}

/** What goes with the ratings, a try of it all, and the import itself. */
export function ImportAction({ preview, titles, chosen }: ImportActionProps) {
  const [name, setName] = useState("");
  const found = preview.itemsPath ?? "";
  const [itemsPath, setItemsPath] = useState(titles ?? found);
  const [usersPath, setUsersPath] = useState(preview.usersPath ?? "");
  const [tagsPath, setTagsPath] = useState(preview.tagsPath ?? "");
  const [more, setMore] = useState<readonly string[]>([]);
  const [keep, setKeep] = useState<DuplicatePolicy>("last");
  const imports = useImports();
  // Named only when a person named it: a damaged file that was merely found must not stop the import.
  const withTitles = itemsPath === found ? {} : { itemsPath: itemsPath === "" ? null : itemsPath };
  const request = {
    path: preview.path,
    options: chosen,
    ...withTitles,
    ...(usersPath === "" ? {} : { usersPath }),
    ...(tagsPath === "" ? {} : { tagsPath }),
  };
  const asked = JSON.stringify(request);
  const [checked, setChecked] = useState<{ readonly asked: string; readonly check: ImportCheck } | null>(null);
  const check = useJob("sources.check", (result) => setChecked({ asked, check: result }));
  const recordBytes =
    preview.estimatedRecords === null || preview.estimatedRecords === 0
      ? null
      : preview.bytes / preview.estimatedRecords;
  const tryIt = () =>
    void check.start(request).catch((error: unknown) => tellFailure("The try could not be started", error));
  const start = () => {
    const named = name.trim() === "" ? {} : { name: name.trim() };
    const others = more.map((path) => ({ ...request, path }));
    imports
      .start([{ ...request, ...named }, ...others])
      .catch((error: unknown) => tellFailure("The import could not be started", error));
  };
  return (
    <>
      <Card>
        <Stack gap="sm">
          <Group align="flex-end" gap="md">
            <TextInput
              label="Name"
              description="For lists; the file's name if left empty"
              placeholder={fileName(preview.path)}
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              w={260}
            />
            <div style={{ flex: 1, minWidth: 320 }}>
              <FileField
                label="File of titles"
                description={
                  preview.itemsPath === null ? "None was found beside the ratings" : "Found beside the ratings"
                }
                purpose="items"
                path={itemsPath}
                onPath={setItemsPath}
              />
            </div>
          </Group>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <FileField
              label="File of users"
              description={foundBeside(preview.usersPath, "Optional: ids with age, occupation, …")}
              purpose="users"
              path={usersPath}
              onPath={setUsersPath}
            />
            <FileField
              label="File of tags"
              description={foundBeside(preview.tagsPath, "Optional: films' ids and their tags")}
              purpose="tags"
              path={tagsPath}
              onPath={setTagsPath}
            />
          </SimpleGrid>
          <MoreFiles paths={more} onChange={setMore} />
          <NotRead path={preview.path} read={[itemsPath, usersPath, tagsPath, ...more]} />
          <Group align="flex-end" gap="md">
            <Select<DuplicatePolicy>
              label="Where a user rated a film twice"
              description="All are imported; a snapshot keeps one"
              w={260}
              data={duplicatePolicies}
              value={keep}
              onChange={(value) => value !== null && setKeep(value)}
            />
            <Group gap="sm" ml="auto">
              <Button variant="default" size="sm" loading={check.busy} onClick={tryIt}>
                Try it first
              </Button>
              <Button size="sm" onClick={start} loading={imports.busy}>
                Import
              </Button>
            </Group>
          </Group>
          {check.busy && check.job !== undefined && (
            <JobLine job={check.job} label="the try" recordBytes={recordBytes} />
          )}
          {check.error !== null && (
            <InView>
              <ErrorPanel error={check.error} title="The try failed" />
            </InView>
          )}
          {imports.jobs.map((job) => (
            <JobLine key={job.id} job={job} label={job.title} recordBytes={recordBytes} />
          ))}
          {imports.errors.map((error) => (
            <InView key={error.message}>
              <ErrorPanel error={error} title="The import failed" />
            </InView>
          ))}
          {imports.done.length > 0 && !imports.busy && <Done imported={imports.done} keep={keep} />}
        </Stack>
      </Card>
      {checked !== null && checked.asked === asked && !check.busy && <ImportCheckView check={checked.check} />}
    </>
  );
}

function foundBeside(path: string | null, what: string): string {
  return path === null ? what : "Found beside the ratings";
}

/** Further files of ratings in the same form: parts of one data set, each kept as a source of its own. */
function MoreFiles({
  paths,
  onChange,
}: {
  readonly paths: readonly string[];
  readonly onChange: (paths: readonly string[]) => void;
}) {
  const [adding, setAdding] = useState(false);
  const add = (path: string) => {
    setAdding(false);
    if (path !== "" && !paths.includes(path)) onChange([...paths, path]);
  };
  return (
    <Stack gap={6}>
      {paths.map((path) => (
        <Group key={path} gap="xs">
          <Text size="sm">
            and <code>{path}</code>, read the same way
          </Text>
          <ActionIcon
            aria-label={`Leave ${fileName(path)} out`}
            variant="subtle"
            onClick={() => onChange(paths.filter((other) => other !== path))}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Group>
      ))}
      {adding ? (
        <FileField label="Another file of ratings" purpose="ratings" path="" focusAtStart onPath={add} />
      ) : (
        <Group>
          <Button variant="default" onClick={() => setAdding(true)}>
            Add another file of ratings…
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Done({ imported, keep }: { readonly imported: readonly Imported[]; readonly keep: DuplicatePolicy }) {
  const sum = (key: "read" | "accepted" | "rejected") => imported.reduce((total, each) => total + each[key], 0);
  return (
    <InView>
      <Alert color="green" title="Imported">
        <Group justify="space-between">
          <Text size="sm">
            {formatQuantity(sum("read"), "record")} read: {formatCount(sum("accepted"))} accepted,{" "}
            {formatCount(sum("rejected"))} rejected.
          </Text>
          <Group gap="xs">
            <LinkButton variant="default" to="/data">
              Show sources
            </LinkButton>
            <LinkButton
              to="/data/new-snapshot"
              search={{ source: imported.map(({ sourceId }) => sourceId), ...(keep === "last" ? {} : { keep }) }}
            >
              Make a snapshot
            </LinkButton>
          </Group>
        </Group>
      </Alert>
    </InView>
  );
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
