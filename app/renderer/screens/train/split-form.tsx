import { Button, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import type { Snapshot, SplitProtocol } from "../../../../core/contract/entities.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatCount } from "../../components/format/numbers.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import { protocolNames, protocolTitle } from "./protocol-text.ts";
import { draftProblem, fieldsOf, firstDraft, hasValidationShare, protocolOf } from "./split-draft.ts";
import type { DraftField, ProtocolName, SplitDraft } from "./split-draft.ts";
import { Leaks } from "./split-leaks.tsx";
import { SplitPicture } from "./split-picture.tsx";
import styles from "./train.module.css";

interface SplitFormProps {
  readonly snapshot: Snapshot;
  readonly seed: number;
  readonly busy: boolean;
  readonly onChoose: (protocol: SplitProtocol) => void;
}

const fieldLabels: Readonly<Record<DraftField, string>> = {
  testShare: "Tested, %",
  validationShare: "Kept for tuning, %",
  cutoffs: "Cut-offs",
  folds: "Folds",
  foldInShare: "Shown to the model, %",
  relevantFrom: "Only test ratings from",
};
const fieldMeanings: Readonly<Record<DraftField, string>> = {
  testShare: "Of all ratings",
  validationShare: "No run is trained on it",
  cutoffs: "Windows, each tested on the earlier",
  folds: "Each is tested once",
  foldInShare: "Of a held-out person's ratings",
  relevantFrom: "Empty: every test rating counts",
};

/** Any protocol with all its parameters: a picture, what it would leave, and what it would leak, before it is made. */
export function SplitForm({ snapshot, seed, busy, onChoose }: SplitFormProps) {
  const [draft, setDraft] = useState<SplitDraft>({
    ...firstDraft,
    protocol: snapshot.hasTime ? "global-temporal" : "random",
    foldInBy: snapshot.hasTime ? "time" : "random",
  });
  const protocol = protocolOf(draft);
  const [settled] = useDebouncedValue(protocol, 350);
  return (
    <section className={styles["proposal"]} aria-label="A split of your own">
      <Text size="sm" fw={600}>
        A split of your own
      </Text>
      <Group align="flex-start" gap="lg">
        <DraftFields draft={draft} snapshot={snapshot} onChange={setDraft} />
        <Stack gap={6} style={{ flex: "1 1 300px", minWidth: 260 }}>
          {protocol !== null && <SplitPicture protocol={protocol} label={`Picture of ${protocolTitle(protocol)}`} />}
          {settled !== null && <WhatItLeaves snapshot={snapshot} protocol={settled} seed={seed} />}
          <div>
            <Button disabled={protocol === null} loading={busy} onClick={() => protocol !== null && onChoose(protocol)}>
              Make this split
            </Button>
          </div>
        </Stack>
      </Group>
    </section>
  );
}

interface DraftFieldsProps {
  readonly draft: SplitDraft;
  readonly snapshot: Snapshot;
  readonly onChange: (draft: SplitDraft) => void;
}

const needsTime: readonly ProtocolName[] = ["global-temporal", "rolling-origin", "per-user-temporal", "leave-last-out"];

function DraftFields({ draft, snapshot, onChange }: DraftFieldsProps) {
  const { protocol } = draft;
  const isPossible = (name: ProtocolName) =>
    (snapshot.hasTime || !needsTime.includes(name)) && (name !== "predefined" || snapshot.hasParts === true);
  const field = (name: DraftField) => (
    <NumberInput
      key={name}
      label={fieldLabels[name]}
      description={name === "testShare" && protocol === "held-out-users" ? "Of all people" : fieldMeanings[name]}
      value={draft[name]}
      error={draftProblem(draft, name)}
      clampBehavior="none"
      onChange={(value) => onChange({ ...draft, [name]: value })}
    />
  );
  return (
    <Stack gap="sm" style={{ flex: "1 1 360px", maxWidth: 520 }}>
      <Select
        label="Protocol"
        data={(Object.keys(fieldsOf) as ProtocolName[]).map((name) => ({
          value: name,
          label: isPossible(name) ? protocolNames[name] : `${protocolNames[name]} (${whyNot(name)})`,
          disabled: !isPossible(name),
        }))}
        value={protocol}
        onChange={(name) => name !== null && onChange({ ...draft, protocol: name })}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        {fieldsOf[protocol].map(field)}
        {field("relevantFrom")}
      </SimpleGrid>
      {protocol === "held-out-users" && (
        <SegmentedControl
          aria-label="Which of a person's ratings are shown"
          data={[
            { value: "time", label: "Their earliest ratings are shown", disabled: !snapshot.hasTime },
            { value: "random", label: "A random part" },
          ]}
          value={draft.foldInBy}
          onChange={(foldInBy) => onChange({ ...draft, foldInBy })}
        />
      )}
      {protocol !== "predefined" && (
        <Group gap="md" align="flex-start">
          <Switch
            mt={6}
            label="Keep a part for tuning"
            description="Searches judge by it, so that the test stays untouched"
            checked={draft.keepsValidation}
            onChange={({ currentTarget }) => onChange({ ...draft, keepsValidation: currentTarget.checked })}
          />
          {draft.keepsValidation && hasValidationShare(protocol) && field("validationShare")}
        </Group>
      )}
    </Stack>
  );
}

function whyNot(name: ProtocolName): string {
  return name === "predefined" ? "the files name no parts" : "needs times";
}

function WhatItLeaves({
  snapshot,
  protocol,
  seed,
}: {
  readonly snapshot: Snapshot;
  readonly protocol: SplitProtocol;
  readonly seed: number;
}) {
  const preview = useQueryMethod("splits.preview", { snapshotId: snapshot.id, protocol, seed }, { keepPrevious: true });
  if (preview.error !== null) return <ErrorPanel error={preview.error} title="This split cannot be made" />;
  if (preview.data === undefined) {
    return (
      <Text size="sm" c="dimmed">
        Counting…
      </Text>
    );
  }
  const { description, train, test, testUsers, warmTestUsers, meaningful, leaks } = preview.data;
  return (
    <Stack gap={6} aria-busy={preview.isFetching} style={{ opacity: preview.isFetching ? 0.6 : 1 }}>
      <Text size="sm">{description}</Text>
      <Text size="sm">
        {formatCount(train)} ratings to train, {formatCount(test)} to test; {formatCount(warmTestUsers)} of{" "}
        {formatCount(testUsers)} test users are known from training.
      </Text>
      {!meaningful && (
        <Text size="sm" c="var(--rb-warn)" fw={500}>
          Too few of them for intervals to mean anything.
        </Text>
      )}
      <Leaks leaks={leaks} />
    </Stack>
  );
}
