import { Card, Code, CopyButton, Text, Title, UnstyledButton } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { ModelDetail } from "../../../../core/contract/model-versions.ts";
import { formatBytes, formatCount, formatQuantity } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { describeStep } from "../data/recipe-editing.ts";
import { protocolTitle } from "../train/protocol-text.ts";
import { versionTitle } from "./model-name.ts";
import styles from "./models.module.css";

/** From the bytes of the files to this version, each step a link. */
export function ModelLineageView({ detail }: { readonly detail: ModelDetail }) {
  const { algorithm } = useAlgorithmNames();
  const { version, run, lineage, bundle } = detail;
  const { sources, snapshot, split, evaluatedBy } = lineage;
  return (
    <ol className={styles["lineage"]} aria-label="Lineage">
      <Step title={sources.length === 1 ? "Source" : "Sources"}>
        {sources.length === 0 && (
          <Text size="sm" c="dimmed">
            Deleted since.
          </Text>
        )}
        {sources.map((source) => (
          <div key={source.id}>
            <TextLink to="/data">{source.name}</TextLink>
            <Text size="xs" c="dimmed">
              {formatCount(source.accepted)} of {formatQuantity(source.read, "record")}, imported{" "}
              {formatDateTime(source.createdAt)}
            </Text>
            {source.files.map(({ path, bytes, sha256 }) => (
              <div key={path}>
                <Text size="xs" mt={4} style={{ overflowWrap: "anywhere" }}>
                  {path} ({formatBytes(bytes)})
                </Text>
                <Hash of={`SHA-256 of ${path}`} value={sha256} />
              </div>
            ))}
          </div>
        ))}
      </Step>
      <Step title="Snapshot">
        <TextLink to="/data/snapshots/$snapshotId" params={{ snapshotId: snapshot.id }}>
          {snapshot.name}
        </TextLink>
        <Text size="xs" c="dimmed">
          {formatQuantity(snapshot.ratings, "rating")}, made {formatDateTime(snapshot.createdAt)}
        </Text>
        {snapshot.recipe.map((step, index) => (
          // The steps of a finished recipe never change places.
          <Text key={index} size="xs">
            {index + 1}. {describeStep(step)}
          </Text>
        ))}
        <Hash of="id, a hash over rows and recipe" value={snapshot.id} />
      </Step>
      <Step title="Split">
        <TextLink to="/train" search={{ snapshot: snapshot.id, split: split.id }}>
          {protocolTitle(split.protocol)}
        </TextLink>
        <Text size="xs" c="dimmed">
          {formatCount(split.train)} to train, {formatCount(split.test)} to test, seed {split.seed}
        </Text>
        <Hash of="id of the split" value={split.id} />
      </Step>
      <Step title="Run">
        {evaluatedBy !== null && (
          <>
            <TextLink to="/compare" search={{ open: evaluatedBy.id }}>
              {evaluatedBy.name}
            </TextLink>
            <Text size="xs" c="dimmed">
              was evaluated, then trained again on everything:
            </Text>
          </>
        )}
        <TextLink to="/compare" search={{ open: run.id }}>
          {run.name}
        </TextLink>
        <Text size="xs" c="dimmed">
          {algorithm(run.algorithm)}, seed {run.seed}, {formatDateTime(run.createdAt)}, code {run.codeVersion}
        </Text>
        <Hash of="SHA-256 of the tensors" value={run.modelHash ?? "none"} />
      </Step>
      <Step title="Version">
        <Text size="sm" fw={600}>
          {versionTitle(version)}
        </Text>
        <Text size="xs" c="dimmed">
          registered {formatDateTime(version.registeredAt)}
        </Text>
        {bundle?.files.map(({ name, bytes, sha256 }) => (
          <div key={name}>
            <Text size="xs" mt={4}>
              {name} ({formatBytes(bytes)})
            </Text>
            <Hash of={`SHA-256 of ${name}`} value={sha256} />
          </div>
        ))}
      </Step>
    </ol>
  );
}

interface StepProps {
  readonly title: string;
  readonly children: ReactNode;
}

function Step({ title, children }: StepProps) {
  return (
    <li className={styles["step"]}>
      <Card p="sm" className={styles["stepCard"] ?? ""}>
        <Title order={2} size="h3" mb={4}>
          {title}
        </Title>
        {children}
      </Card>
      <IconArrowRight size={16} aria-hidden className={styles["arrow"] ?? ""} />
    </li>
  );
}

/** Shown short; copied whole. */
function Hash({ of, value }: { readonly of: string; readonly value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <UnstyledButton onClick={copy} title={value}>
          <span className="rb-visually-hidden">Copy the {of}: </span>
          <Code>{copied ? "copied" : value.length > 20 ? `${value.slice(0, 16)}…` : value}</Code>
        </UnstyledButton>
      )}
    </CopyButton>
  );
}
