import { Anchor, Badge, Button, Checkbox, Group, NumberInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { AlgorithmInfo, Run, Snapshot, Split } from "../../../../core/contract/entities.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { InView } from "../../components/feedback/in-view.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { formatQuantity } from "../../components/format/numbers.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { familiesOf } from "./algorithm-families.ts";
import { HyperparameterFields } from "./hyperparameter-fields.tsx";
import { chosenHyperparameters, defaultValues, problemsOf } from "./hyperparameter-form.ts";
import type { FormValues } from "./hyperparameter-form.ts";
import { evaluationOf, haveProblems, noOptions, refusalOf, trainingOf } from "./run-options.ts";
import { RunOptionsForm } from "./run-options-form.tsx";
import { TrainingNeed } from "./training-need.tsx";
import { optionsOfRun, valuesOfRun } from "./train-again.ts";
import styles from "./train.module.css";
import { WarmStart } from "./warm-start.tsx";

interface Plan {
  readonly chosen: boolean;
  readonly open: boolean;
  readonly values: FormValues;
  /** The run whose model the fit starts from. */
  readonly warmStart: string | null;
}

interface AlgorithmPickerProps {
  readonly snapshot: Snapshot;
  readonly split: Split | undefined;
  /** The run whose settings the form begins with. */
  readonly likeRun: string | undefined;
}

export function AlgorithmPicker({ snapshot, split, likeRun }: AlgorithmPickerProps) {
  const algorithms = useQueryMethod("algorithms.list", {});
  const run = useQueryMethod("runs.get", { runId: likeRun ?? "none" }, { enabled: likeRun !== undefined });
  const waiting = likeRun !== undefined && run.isPending;
  return (
    <Answer of={algorithms} height={240}>
      {(known) =>
        !waiting && (
          <Plans
            key={`${split?.id ?? ""} ${run.data?.id ?? ""}`}
            algorithms={known}
            snapshot={snapshot}
            split={split}
            like={run.data}
          />
        )
      }
    </Answer>
  );
}

interface PlansProps extends Omit<AlgorithmPickerProps, "likeRun"> {
  readonly algorithms: readonly AlgorithmInfo[];
  readonly like: Run | undefined;
}

/** Of a run that is to be trained again: its algorithm with its settings, ready to be changed. */
function plansLike(run: Run | undefined, algorithms: readonly AlgorithmInfo[]): Readonly<Record<string, Plan>> {
  const algorithm = algorithms.find(({ id }) => id === run?.algorithm);
  if (run === undefined || algorithm === undefined) return {};
  const warmStart = run.warmStart?.runId ?? null;
  return { [algorithm.id]: { chosen: true, open: true, values: valuesOfRun(algorithm, run), warmStart } };
}

function Plans({ algorithms, snapshot, split, like }: PlansProps) {
  const { connection } = useEngine();
  const [plans, setPlans] = useState(() => plansLike(like, algorithms));
  const [options, setOptions] = useState(() => (like === undefined ? noOptions : optionsOfRun(like)));
  const [seed, setSeed] = useState(like?.seed ?? 42);
  const [name, setName] = useState("");
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const planOf = (algorithm: AlgorithmInfo): Plan =>
    plans[algorithm.id] ?? {
      chosen: false,
      open: false,
      values: defaultValues(algorithm.hyperparameters),
      warmStart: null,
    };
  const change = (algorithm: AlgorithmInfo, part: Partial<Plan>) =>
    setPlans({ ...plans, [algorithm.id]: { ...planOf(algorithm), ...part } });
  const chosen = algorithms.filter((algorithm) => planOf(algorithm).chosen);
  const training = haveProblems(options) ? undefined : trainingOf(options);
  const evaluation = haveProblems(options) ? undefined : evaluationOf(options);
  const refusals = chosen.flatMap((algorithm) => refusalOf(algorithm, training) ?? []);
  const faulty = chosen.some(
    (algorithm) => Object.keys(problemsOf(algorithm.hyperparameters, planOf(algorithm).values)).length > 0,
  );
  const ready = split !== undefined && chosen.length > 0 && !faulty && !haveProblems(options) && refusals.length === 0;

  const train = async () => {
    if (!ready || sending) return;
    setSending(true);
    setError(null);
    try {
      for (const algorithm of chosen) {
        const { values, warmStart } = planOf(algorithm);
        const hyperparameters = chosenHyperparameters(algorithm.hyperparameters, values);
        await connection.request("runs.train", {
          splitId: split.id,
          algorithm: algorithm.id,
          hyperparameters,
          seed,
          ...(training === undefined ? {} : { training }),
          ...(evaluation === undefined ? {} : { evaluation }),
          ...(warmStart === null ? {} : { warmStart }),
          ...(name.trim() === ""
            ? {}
            : { name: chosen.length === 1 ? name.trim() : `${name.trim()} ${algorithm.name}` }),
        });
      }
      tellDone(`${formatQuantity(chosen.length, "training")} queued.`);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setSending(false);
    }
  };
  useCommands([
    {
      id: "train.start",
      label: "Train the chosen algorithms",
      group: "Train",
      shortcuts: ["mod+enter"],
      run: () => void train(),
    },
  ]);

  return (
    <Stack gap="xs">
      {like !== undefined && (
        <Text size="sm" role="status">
          As <b>{like.name}</b> was trained. What you change makes another run; the old one stays.
        </Text>
      )}
      <RunOptionsForm snapshot={snapshot} options={options} onChange={setOptions} />
      {familiesOf(algorithms).map(({ title, purpose, algorithms: family }) => (
        <div key={title} role="group" aria-label={title}>
          <Group gap="xs" align="baseline" mt={6} mb={4}>
            <Title order={3} size="sm">
              {title}
            </Title>
            <Text size="xs" c="dimmed">
              {purpose}
            </Text>
          </Group>
          <div className={styles["family"]}>
            {family.map((algorithm) => (
              <AlgorithmRow
                key={algorithm.id}
                algorithm={algorithm}
                plan={planOf(algorithm)}
                split={split}
                begins={algorithm.id === like?.algorithm}
                onChange={(part) => change(algorithm, part)}
              />
            ))}
          </div>
        </div>
      ))}
      {error !== null && (
        <InView>
          <ErrorPanel error={error} title="The training could not be queued" />
        </InView>
      )}
      <Group align="flex-end" gap="md" mt="xs">
        <NumberInput
          label="Seed"
          description="Same seed, same bytes"
          w={150}
          min={0}
          max={0xffff_ffff}
          allowDecimal={false}
          value={seed}
          onChange={(value) => typeof value === "number" && setSeed(value)}
        />
        <TextInput
          label="Name"
          description="Made from algorithm and settings if left empty"
          w={300}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Button size="sm" ml="auto" disabled={!ready} loading={sending} onClick={() => void train()}>
          {chosen.length > 1 ? `Train ${String(chosen.length)} models` : "Train"}
        </Button>
      </Group>
      {!ready && (
        <Text size="xs" c="dimmed" ta="right">
          {split === undefined
            ? "Choose a split first."
            : chosen.length === 0
              ? "Choose at least one algorithm."
              : (refusals[0] ?? "Correct the marked fields first.")}
        </Text>
      )}
    </Stack>
  );
}

interface AlgorithmRowProps {
  readonly algorithm: AlgorithmInfo;
  readonly plan: Plan;
  readonly split: Split | undefined;
  /** Whether somebody came here to change it: its first setting waits for what is typed. */
  readonly begins: boolean;
  readonly onChange: (part: Partial<Plan>) => void;
}

function AlgorithmRow({ algorithm, plan, split, begins, onChange }: AlgorithmRowProps) {
  const settingsPlace = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = begins ? settingsPlace.current?.querySelector("input") : null;
    first?.select();
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "center" });
  }, [begins]);
  const changed = Object.entries(chosenHyperparameters(algorithm.hyperparameters, plan.values));
  const valid = Object.keys(problemsOf(algorithm.hyperparameters, plan.values)).length === 0;
  const settings = algorithm.hyperparameters.length;
  const settingsLabel = plan.open
    ? "Hide settings"
    : changed.length > 0
      ? `Settings (${String(changed.length)} changed)`
      : "Settings";
  return (
    <section
      className={styles["algorithm"]}
      data-chosen={plan.chosen}
      data-open={plan.open}
      aria-label={algorithm.name}
    >
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Checkbox
          size="sm"
          checked={plan.chosen}
          onChange={({ currentTarget }) => onChange({ chosen: currentTarget.checked })}
          label={
            <Group gap="xs" component="span">
              <Text fw={600} size="sm" component="span">
                {algorithm.name}
              </Text>
              {algorithm.predictsRatings && <Badge color="gray">predicts ratings</Badge>}
              {algorithm.iterative && <Badge color="gray">learning curve</Badge>}
            </Group>
          }
          description={algorithm.summary}
        />
        {settings > 0 && (
          <Button
            variant="subtle"
            aria-expanded={plan.open}
            aria-label={`${settingsLabel} of ${algorithm.name}`}
            onClick={() => onChange({ open: !plan.open })}
            style={{ flex: "none" }}
          >
            {settingsLabel}
          </Button>
        )}
      </Group>
      {plan.chosen && split !== undefined && valid && (
        <TrainingNeed algorithm={algorithm} split={split} hyperparameters={Object.fromEntries(changed)} />
      )}
      {plan.open && (
        <Stack gap="sm" pt="sm" pl={30}>
          <Text size="sm">{algorithm.whenToUse}</Text>
          {algorithm.paper !== null && (
            <Text size="xs" c="dimmed">
              {algorithm.paper.url === null ? (
                algorithm.paper.citation
              ) : (
                <Anchor href={algorithm.paper.url} target="_blank" rel="noreferrer" size="xs">
                  {algorithm.paper.citation}
                </Anchor>
              )}
            </Text>
          )}
          {split !== undefined && (
            <WarmStart
              algorithm={algorithm}
              split={split}
              value={plan.warmStart}
              onChange={(warmStart) => onChange({ warmStart, chosen: true })}
            />
          )}
          <div ref={settingsPlace}>
            <HyperparameterFields
              fields={algorithm.hyperparameters}
              values={plan.values}
              onChange={(values) => onChange({ values, chosen: true })}
            />
          </div>
          {changed.length > 0 && (
            <Group>
              <Button variant="subtle" onClick={() => onChange({ values: defaultValues(algorithm.hyperparameters) })}>
                Reset all to defaults
              </Button>
            </Group>
          )}
        </Stack>
      )}
    </section>
  );
}
