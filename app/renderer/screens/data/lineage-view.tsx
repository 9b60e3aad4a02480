import { Card, Code, Stack, Text, Title } from "@mantine/core";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatBytes, formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { protocolTitle } from "../train/protocol-text.ts";
import styles from "./lineage-view.module.css";
import { describeStep } from "./recipe-editing.ts";

/** From the bytes of the files to what was trained on them, and what is needed by what. */
export function LineageView({ snapshot }: { readonly snapshot: Snapshot }) {
  const sources = useQueryMethod("sources.list", {});
  const splits = useQueryMethod("splits.list", { snapshotId: snapshot.id });
  return (
    <Answer of={sources}>
      {(known) => (
        <div className={styles["columns"]}>
          <Column title="Files and sources">
            {known
              .filter(({ id }) => snapshot.sourceIds.includes(id))
              .map((source) => (
                <Card key={source.id} p="sm">
                  <Text size="sm" fw={600}>
                    {source.name}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {formatCount(source.accepted)} of {formatQuantity(source.read, "record")}, imported{" "}
                    {formatDateTime(source.createdAt)}
                  </Text>
                  {source.origin !== undefined && (
                    <Text size="xs" mt={4} style={{ overflowWrap: "anywhere" }}>
                      Asked of <Code>{source.origin.database}</Code>: <Code>{source.origin.query}</Code>
                    </Text>
                  )}
                  {source.files.map(({ path, bytes, sha256 }) => (
                    <Text key={path} size="xs" mt={4} style={{ overflowWrap: "anywhere" }}>
                      {path} ({formatBytes(bytes)}), SHA-256 <Code>{sha256.slice(0, 16)}…</Code>
                    </Text>
                  ))}
                </Card>
              ))}
          </Column>
          <Column title="This snapshot">
            <Card p="sm" style={{ borderColor: "var(--rb-accent-text)" }}>
              <Text size="sm" fw={600}>
                {snapshot.name}
              </Text>
              <Text size="xs" c="dimmed">
                {formatQuantity(snapshot.ratings, "rating")}, made {formatDateTime(snapshot.createdAt)}
              </Text>
              {snapshot.recipe.map((step, index) => (
                // The steps of a finished recipe never change places.
                <Text key={index} size="xs" mt={4}>
                  {index + 1}. {describeStep(step)}
                </Text>
              ))}
              <Text size="xs" mt={4} style={{ overflowWrap: "anywhere" }}>
                Id <Code>{snapshot.id}</Code>
              </Text>
            </Card>
          </Column>
          <Column title="Splits and what was trained on them">
            {splits.data?.length === 0 && (
              <Text size="sm" c="dimmed">
                None yet.
              </Text>
            )}
            {splits.data?.map(({ id, protocol, train, test }) => (
              <Card key={id} p="sm">
                <TextLink to="/train" search={{ snapshot: snapshot.id, split: id }}>
                  {protocolTitle(protocol)}
                </TextLink>
                <Text size="xs" c="dimmed">
                  {formatCount(train)} to train, {formatCount(test)} to test
                </Text>
                <RunsOf splitId={id} />
              </Card>
            ))}
          </Column>
        </div>
      )}
    </Answer>
  );
}

const mostRuns = 8;

function RunsOf({ splitId }: { readonly splitId: string }) {
  const { data } = useQueryMethod("runs.query", { splitId, show: "all", limit: mostRuns });
  if (data === undefined) return null;
  const { rows, total } = data;
  return (
    <Stack gap={0} mt={4}>
      {rows.map(({ id, name, state }) => (
        <Text key={id} size="xs" lh="24px">
          <TextLink size="xs" to="/compare" search={{ run: [id] }}>
            {name}
          </TextLink>{" "}
          {state !== "succeeded" && `(${state})`}
        </Text>
      ))}
      {total > rows.length && (
        <TextLink size="xs" to="/compare" search={{ split: splitId, show: "all" }}>
          and {formatCount(total - rows.length)} more
        </TextLink>
      )}
    </Stack>
  );
}

function Column({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section className={styles["column"]} aria-label={title}>
      <Title order={2} size="h3">
        {title}
      </Title>
      {children}
    </section>
  );
}
