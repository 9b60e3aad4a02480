import { Badge, Card, Code, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { metricLabel, metricMeaning } from "../../components/format/metrics.ts";
import { Screen } from "../../components/screen.tsx";
import styles from "./help.module.css";
import { chapters, entryOf, metricEntries } from "./metric-reference.ts";
import type { MetricEntry } from "./metric-reference.ts";
import { Inline, Prose } from "./prose.tsx";

/** Every metric with its formula, where it comes from and how it misleads; and how runs are compared. */
export function HelpScreen() {
  const search = useSearch({ from: "/help" });
  const navigate = useNavigate({ from: "/help" });
  const text = search.text ?? "";
  const wanted = text.trim().toLowerCase();
  const found = metricEntries.filter((entry) => wanted === "" || wordsOf(entry).includes(wanted));
  const groups = [...new Set(found.map(({ group }) => group))];
  const asked = search.metric === undefined ? undefined : entryOf(search.metric);
  return (
    <Screen
      title="Metrics and what they mean"
      subtitle="What each number is, where it comes from, and how it misleads."
      width={980}
    >
      <Stack gap="md">
        <TextInput
          aria-label="Find a metric"
          placeholder="Find a metric, an author, a word of a formula"
          leftSection={<IconSearch size={15} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) =>
            void navigate({
              search: (before) => ({ ...before, text: currentTarget.value === "" ? undefined : currentTarget.value }),
              replace: true,
            })
          }
          maw={420}
        />
        {found.length === 0 && (
          <EmptyState icon={IconSearch} title="No metric says that">
            Try a shorter word. The formulas are those of docs/reference/metrics.md.
          </EmptyState>
        )}
        {groups.map((group) => (
          <section key={group} aria-label={group}>
            <Title order={2} mb="xs">
              {group}
            </Title>
            <Stack gap="xs">
              {found
                .filter((entry) => entry.group === group)
                .map((entry) => (
                  <Metric key={entry.name} entry={entry} asked={entry === asked} />
                ))}
            </Stack>
          </section>
        ))}
        {wanted === "" &&
          chapters.map(({ title, blocks }) => (
            <section key={title} aria-label={title}>
              <Title order={2} mb="xs">
                {title === "Metrics and comparisons" ? "What counts" : title}
              </Title>
              <Prose blocks={blocks} />
            </section>
          ))}
      </Stack>
    </Screen>
  );
}

function wordsOf(entry: MetricEntry): string {
  const { name, written, group, definition, formula, reference, trap } = entry;
  return [metricLabel(name), metricMeaning(name), written, group, definition, formula, reference, trap]
    .join(" ")
    .toLowerCase();
}

function Metric({ entry, asked }: { readonly entry: MetricEntry; readonly asked: boolean }) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!asked) return;
    card.current?.scrollIntoView({ block: "center" });
    card.current?.focus({ preventScroll: true });
  }, [asked]);
  return (
    <Card
      ref={card}
      tabIndex={-1}
      component="article"
      aria-label={metricLabel(entry.name)}
      data-asked={asked}
      className={styles["metric"] ?? ""}
    >
      <div className={styles["title"]}>
        <Title order={3}>{metricLabel(entry.name)}</Title>
        <Code>{entry.written}</Code>
        {asked && <Badge>You asked about this one</Badge>}
      </div>
      <Text size="sm" mb={6}>
        {metricMeaning(entry.name)}
      </Text>
      <dl className={styles["facts"]}>
        <dt>Formula</dt>
        <dd>
          <Inline text={entry.formula} />
        </dd>
        {entry.trap !== "" && (
          <>
            <dt>Trap</dt>
            <dd>
              <Inline text={entry.trap} />
            </dd>
          </>
        )}
        {entry.reference !== "" && (
          <>
            <dt>Reference</dt>
            <dd>
              <Inline text={entry.reference} />
            </dd>
          </>
        )}
        <dt>Definition</dt>
        <dd>
          <Inline text={entry.definition} />
        </dd>
      </dl>
    </Card>
  );
}
