import { Badge, Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Snapshot, Split, SplitProtocol } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { DeleteAction } from "../../components/delete-action.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellFailure } from "../../components/feedback/tell.ts";
import { formatCount, formatShare } from "../../components/format/numbers.ts";
import { useCommand, useJob, useQueryMethod } from "../../transport/hooks.ts";
import { protocolTitle, sameProtocol, splitTitle } from "./protocol-text.ts";
import styles from "./train.module.css";
import { SplitForm } from "./split-form.tsx";
import { Leaks } from "./split-leaks.tsx";
import { SplitPicture } from "./split-picture.tsx";

type Proposal = MethodOutput<"splits.propose">[number];

interface SplitPickerProps {
  readonly snapshot: Snapshot;
  readonly splitId: string | undefined;
  readonly onSplit: (splitId: string) => void;
}

/** The splits there are, and the ones that would fit, best first. */
export function SplitPicker({ snapshot, splitId, onSplit }: SplitPickerProps) {
  const splits = useQueryMethod("splits.list", { snapshotId: snapshot.id });
  const chosen = splits.data?.find(({ id }) => id === splitId);
  const [making, setMaking] = useState(false);
  const remove = useCommand("splits.delete");
  return (
    <Stack gap="sm">
      <Answer of={splits} height={60}>
        {(made) =>
          made.length > 0 && (
            <Group gap="sm" align="flex-end">
              <Select
                aria-label="Split"
                placeholder="Choose a split made before"
                w={360}
                data={made.map((split) => ({ value: split.id, label: splitTitle(split) }))}
                value={chosen?.id ?? null}
                onChange={(id) => id !== null && onSplit(id)}
              />
              {chosen !== undefined && (
                <DeleteAction
                  what={`the split ${splitTitle(chosen)}`}
                  consequence="The same protocol and seed make it again."
                  onDelete={() => remove.mutateAsync({ splitId: chosen.id })}
                />
              )}
              {chosen !== undefined && (
                <Button variant="subtle" onClick={() => setMaking(!making)} aria-expanded={making}>
                  {making ? "Hide the others" : "Make another split"}
                </Button>
              )}
            </Group>
          )
        }
      </Answer>
      {chosen !== undefined && <SplitFacts split={chosen} />}
      {(chosen === undefined || making) && splits.data !== undefined && (
        <Proposals
          snapshot={snapshot}
          made={splits.data}
          onSplit={(id) => {
            setMaking(false);
            onSplit(id);
          }}
        />
      )}
    </Stack>
  );
}

function SplitFacts({ split }: { readonly split: Split }) {
  return (
    <Group gap="lg" align="flex-start" wrap="nowrap" className={styles["facts"] ?? ""}>
      <SplitPicture protocol={split.protocol} label={`Picture of the split: ${protocolTitle(split.protocol)}`} />
      <Stack gap={6} style={{ minWidth: 0 }}>
        <Text size="sm">
          Trained on {formatCount(split.train)} ratings, tested on {formatCount(split.test)}.{" "}
          {split.foldIn !== undefined && (
            <>{formatCount(split.foldIn)} ratings of the tested people are given to the model when it is asked. </>
          )}
          {split.validation !== undefined && (
            <>{formatCount(split.validation)} are kept apart for tuning; no run is trained on them. </>
          )}
          <Warmth
            warm={split.warmTestUsers}
            of={split.testUsers}
            what="test users"
            from={split.foldIn === undefined ? "training" : "the ratings given of them"}
          />{" "}
          <Warmth warm={split.warmTestItems} of={split.testItems} what="test films" from="training" />
        </Text>
        <Leaks leaks={split.leaks} />
        {split.warnings.map((warning) => (
          <Text key={warning} size="sm" c="var(--rb-warn)">
            {warning}
          </Text>
        ))}
      </Stack>
    </Group>
  );
}

/** Warm: known from training. Only those can be recommended to personally. */
function Warmth({
  warm,
  of,
  what,
  from,
}: {
  readonly warm: number;
  readonly of: number;
  readonly what: string;
  readonly from: string;
}) {
  const share = of === 0 ? "" : ` (${formatShare(warm / of)})`;
  return (
    <>
      {formatCount(warm)} of {formatCount(of)} {what} are known from {from}
      {share}.
    </>
  );
}

interface ProposalsProps {
  readonly snapshot: Snapshot;
  readonly made: readonly Split[];
  readonly onSplit: (splitId: string) => void;
}

function Proposals({ snapshot, made, onSplit }: ProposalsProps) {
  const proposals = useQueryMethod("splits.propose", { snapshotId: snapshot.id });
  const [seed, setSeed] = useState(42);
  const job = useJob("splits.create", ({ splitId }) => onSplit(splitId));
  const [pending, setPending] = useState<SplitProtocol | null>(null);
  const choose = (protocol: SplitProtocol) => {
    const same = made.find((split) => split.seed === seed && sameProtocol(split.protocol, protocol));
    if (same !== undefined) {
      onSplit(same.id);
      return;
    }
    setPending(protocol);
    job
      .start({ snapshotId: snapshot.id, protocol, seed })
      .catch((error: unknown) => tellFailure("The split could not be started", error));
  };
  return (
    <Answer of={proposals} height={260} errorTitle="No split could be proposed">
      {(proposed) => (
        <Stack gap="sm">
          {job.error !== null && <ErrorPanel error={job.error} title="The split could not be made" />}
          <div className={styles["proposals"]}>
            {proposed.map((proposal, index) => (
              <ProposalCard
                key={protocolTitle(proposal.protocol)}
                proposal={proposal}
                best={index === 0}
                busy={job.busy && pending !== null && sameProtocol(pending, proposal.protocol)}
                disabled={job.busy}
                onChoose={() => choose(proposal.protocol)}
              />
            ))}
          </div>
          <SplitForm
            snapshot={snapshot}
            seed={seed}
            busy={job.busy && pending !== null && !proposed.some(({ protocol }) => sameProtocol(protocol, pending))}
            onChoose={choose}
          />
          <NumberInput
            label="Seed"
            description="Decides every random choice; the same seed gives the same split"
            w={260}
            min={0}
            max={0xffff_ffff}
            allowDecimal={false}
            value={seed}
            onChange={(value) => typeof value === "number" && setSeed(value)}
          />
        </Stack>
      )}
    </Answer>
  );
}

interface ProposalCardProps {
  readonly proposal: Proposal;
  readonly best: boolean;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onChoose: () => void;
}

function ProposalCard({ proposal, best, busy, disabled, onChoose }: ProposalCardProps) {
  const title = protocolTitle(proposal.protocol);
  return (
    <section className={styles["proposal"]} aria-label={title} data-best={best}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        {best && <Badge style={{ flex: "none" }}>Proposed</Badge>}
      </Group>
      <SplitPicture protocol={proposal.protocol} label={`Picture of ${title}`} />
      <Text size="sm">{proposal.description}</Text>
      <Text size="xs" c="dimmed">
        {proposal.reason}
      </Text>
      <Text size="xs" c="dimmed">
        {formatCount(proposal.train)} to train, {formatCount(proposal.test)} to test.
      </Text>
      {!proposal.meaningful && (
        <Text size="xs" c="var(--rb-warn)" fw={500}>
          Too few users for intervals to mean anything.
        </Text>
      )}
      {proposal.leaks.map((leak) => (
        <Text key={leak} size="xs" c="var(--rb-warn)">
          Leak: {leak}
        </Text>
      ))}
      <div style={{ marginTop: "auto", paddingTop: 6 }}>
        <Button
          variant={best ? "filled" : "default"}
          loading={busy}
          disabled={disabled && !busy}
          onClick={onChoose}
          aria-label={`Use this split: ${title}`}
        >
          Use this split
        </Button>
      </div>
    </section>
  );
}
