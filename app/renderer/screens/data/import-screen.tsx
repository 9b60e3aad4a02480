import { Alert, Badge, Button, Card, Group, List, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { FilePreview, ReadOptions } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatBytes, formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { assignRole } from "./column-mapping.ts";
import { Crumbs } from "./crumbs.tsx";
import { FileField } from "./file-field.tsx";
import { ImportAction } from "./import-action.tsx";
import { PostgresOrigin } from "./postgres-origin.tsx";
import { PreviewTable } from "./preview-table.tsx";
import { ReadOptionsForm } from "./read-options-form.tsx";

const route = getRouteApi("/data/import");

export function ImportScreen() {
  const { path = "", items, from = "file" } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: string) =>
    void navigate({ search: (before) => ({ from: before.from, ...(chosen === "" ? {} : { path: chosen }) }) });
  return (
    <Screen
      title="Import ratings"
      crumbs={<Crumbs />}
      subtitle="Nothing is stored until you press Import. Rows that cannot be read are kept aside with their reason."
    >
      <Stack gap="md">
        <Card>
          <SegmentedControl
            aria-label="Where the ratings are"
            mb="sm"
            w="fit-content"
            data={[
              { value: "file", label: "A file" },
              { value: "postgres", label: "A Postgres query" },
            ]}
            value={from}
            onChange={(value) => void navigate({ search: value === "postgres" ? { from: "postgres" } : {} })}
          />
          {from === "postgres" ? (
            <PostgresOrigin fetched={path !== ""} onFetched={choose} />
          ) : (
            <FileField
              label="File of ratings"
              purpose="ratings"
              path={path}
              focusAtStart={path === ""}
              onPath={choose}
            />
          )}
        </Card>
        {path === "" ? (
          from === "file" && <Hints />
        ) : (
          <ImportForm key={`${path}\n${items ?? ""}`} path={path} titles={items} />
        )}
      </Stack>
    </Screen>
  );
}

function Hints() {
  return (
    <Text size="sm" c="dimmed">
      Understood at once: MovieLens 100K (<code>u.data</code>), 1M and 10M (<code>ratings.dat</code>), latest and 25M (
      <code>ratings.csv</code>), MovieTweetings, personal exports of IMDb and Letterboxd. Everything else by saying
      which column is what: CSV and other delimited text, JSON lines, Parquet, gzip of any of them. Files of titles,
      users and tags are found beside the ratings by their usual names.
    </Text>
  );
}

function ImportForm({ path, titles }: { readonly path: string; readonly titles: string | undefined }) {
  const [chosen, setChosen] = useState<ReadOptions>({});
  const preview = useQueryMethod("files.preview", { path, options: chosen }, { keepPrevious: true });
  return (
    <Answer of={preview} height={420} errorTitle="The file cannot be looked at">
      {(seen) => (
        <>
          {preview.error !== null && (
            <ErrorPanel error={preview.error} title="These settings do not work" onRetry={() => setChosen({})} />
          )}
          <Understood
            preview={seen}
            titles={titles}
            chosen={chosen}
            onChange={setChosen}
            refreshing={preview.isFetching}
          />
        </>
      )}
    </Answer>
  );
}

interface UnderstoodProps {
  readonly preview: FilePreview;
  /** The file of titles that came with a drop. */
  readonly titles: string | undefined;
  readonly chosen: ReadOptions;
  readonly onChange: (options: ReadOptions) => void;
  readonly refreshing: boolean;
}

function Understood({ preview, titles, chosen, onChange, refreshing }: UnderstoodProps) {
  const byHand = Object.keys(chosen).length;
  return (
    <>
      <Card>
        <Group justify="space-between" mb="sm">
          <Group gap="xs">
            <Title order={2}>How it is read</Title>
            <Badge color={preview.layout === null ? "gray" : "petrol"}>
              {preview.layout ?? "Layout not recognised by name"}
            </Badge>
            <Text size="sm" c="dimmed">
              {formatBytes(preview.bytes)}
              {preview.compressed && ", compressed"}
              {preview.estimatedRecords !== null && `, about ${formatQuantity(preview.estimatedRecords, "record")}`}
            </Text>
          </Group>
          {byHand > 0 && (
            <Button variant="subtle" onClick={() => onChange({})}>
              Detect everything again
            </Button>
          )}
        </Group>
        <ReadOptionsForm preview={preview} chosen={chosen} onChange={onChange} />
      </Card>
      {preview.columns.length > 0 && (
        <Card padding={0} aria-busy={refreshing} style={{ opacity: refreshing ? 0.7 : 1 }}>
          <PreviewTable
            preview={preview}
            onRole={(column, role) => onChange(assignRole(chosen, preview.columns, column, role))}
          />
        </Card>
      )}
      <Warnings warnings={warningsOf(preview)} />
      {preview.problem === null ? (
        <ImportAction preview={preview} titles={titles} chosen={chosen} />
      ) : (
        <Problem problem={preview.problem} />
      )}
    </>
  );
}

function warningsOf({ warnings, ragged, looked }: FilePreview): readonly string[] {
  if (ragged === null) return warnings;
  return [
    ...warnings,
    `${formatQuantity(ragged.count, "record")} of the first ${formatCount(ragged.count + looked)} cannot be taken apart like the others, first in line ${formatCount(ragged.line)}.`,
  ];
}

function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <Alert color="yellow" icon={<IconInfoCircle size={18} />} title="Good to know before importing">
      <List size="sm">
        {warnings.map((warning) => (
          <List.Item key={warning}>{warning}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Problem({ problem }: { readonly problem: NonNullable<FilePreview["problem"]> }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title="It cannot be imported like this yet" role="alert">
      <Text size="sm">{problem.message}</Text>
      <Text size="sm" fw={500}>
        {problem.remedy}
      </Text>
      <Text size="xs" c="dimmed" mt={4}>
        {problem.code}
      </Text>
    </Alert>
  );
}
