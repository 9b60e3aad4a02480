import { Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { AlgorithmInfo, Snapshot, Split } from "../../../../core/contract/entities.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { metricLabel } from "../../components/format/metrics.ts";
import { useEngine } from "../../transport/engine-context.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { haveProblems, noOptions, refusalOf, trainingOf } from "./run-options.ts";
import { RunOptionsForm } from "./run-options-form.tsx";
import { BudgetFields } from "./search-budget.tsx";
import { firstSearchDraft, searchInputOf, searchProblems } from "./search-draft.ts";
import { SpaceTable } from "./search-space.tsx";

interface SearchFormProps {
  readonly snapshot: Snapshot;
  readonly split: Split;
}

/** A search for an algorithm's settings, or how its accuracy grows with the data. */
export function SearchForm({ snapshot, split }: SearchFormProps) {
  const algorithms = useQueryMethod("algorithms.list", {});
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Answer of={algorithms} height={240}>
      {(all) => {
        const searchable = all.filter(({ hyperparameters }) => hyperparameters.length > 0);
        const info =
          searchable.find(({ id }) => id === chosen) ??
          searchable.find(({ id }) => id === "biased-svd") ??
          searchable[0];
        return (
          info !== undefined && (
            <Stack gap="md">
              <Select
                label="Algorithm"
                maw={360}
                data={searchable.map(({ id, name }) => ({ value: id, label: name }))}
                value={info.id}
                onChange={setChosen}
              />
              <SearchOf key={info.id} info={info} snapshot={snapshot} split={split} />
            </Stack>
          )
        );
      }}
    </Answer>
  );
}

function SearchOf({ info, ...where }: SearchFormProps & { readonly info: AlgorithmInfo }) {
  const space = useQueryMethod("searches.space", { algorithm: info.id });
  return (
    <Answer of={space} height={240}>
      {(known) => <Draft info={info} known={known} {...where} />}
    </Answer>
  );
}

interface DraftProps extends SearchFormProps {
  readonly info: AlgorithmInfo;
  readonly known: MethodOutput<"searches.space">;
}

const listMetrics = ["ndcg@10", "recall@10", "precision@10", "map@10", "mrr@10", "hit-rate@10"];

function Draft({ info, known, snapshot, split }: DraftProps) {
  const { connection } = useEngine();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => firstSearchDraft(info, known.space, known.fields));
  const [options, setOptions] = useState(noOptions);
  const [name, setName] = useState("");
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const problems = searchProblems(draft, known.fields, info);
  const training = haveProblems(options) ? undefined : trainingOf(options);
  const refusal = refusalOf(info, training);
  const hasFolds = split.protocol.protocol === "k-fold" || split.protocol.protocol === "rolling-origin";
  const ready = Object.keys(problems).length === 0 && !haveProblems(options) && refusal === null;
  const start = async () => {
    setSending(true);
    setError(null);
    try {
      const { jobId } = await connection.request("searches.start", {
        ...searchInputOf(draft, known.fields, info, split.id),
        ...(training === undefined ? {} : { training }),
        ...(name.trim() === "" ? {} : { name: name.trim() }),
      });
      // The search is named after its job.
      await navigate({ to: "/train/searches/$searchId", params: { searchId: `t${jobId.slice(1)}` } });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setSending(false);
    }
  };
  const metrics = [...listMetrics, ...(info.predictsRatings ? ["rmse", "mae"] : [])];
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <SegmentedControl
          aria-label="What the search is for"
          data={[
            { value: "settings", label: "Find the best settings" },
            { value: "data", label: "Accuracy by amount of data" },
          ]}
          value={draft.purpose}
          onChange={(purpose) => setDraft({ ...draft, purpose })}
        />
        <Select
          label="Judged by"
          w={220}
          data={metrics.map((metric) => ({ value: metric, label: metricLabel(metric) }))}
          value={draft.metric}
          onChange={(metric) => metric !== null && setDraft({ ...draft, metric })}
        />
        <TextInput
          label="Name"
          placeholder={`${info.name} search`}
          w={240}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </Group>
      <Text size="sm" c="dimmed">
        {draft.purpose === "settings"
          ? "Every trial is a run judged by a part kept from training; the best settings are then trained on the whole training part and judged by the test, once."
          : "The same settings are trained on a growing share of the users, each with all their ratings, and judged by a part kept from training. Where the curve still climbs, more data will help more than more tuning."}
        {hasFolds && " Each trial is trained on each fold, so it takes as many times as long."}
        {split.validation === undefined &&
          " This split keeps no part for that: a tenth of its training part is taken out."}
      </Text>
      <SpaceTable info={info} fields={known.fields} draft={draft} problems={problems} onChange={setDraft} />
      <BudgetFields info={info} draft={draft} problems={problems} onChange={setDraft} />
      <RunOptionsForm snapshot={snapshot} options={options} onChange={setOptions} judged={false} />
      {error !== null && <ErrorPanel error={error} title="The search could not be started" />}
      <Group justify="flex-end">
        {!ready && (
          <Text size="xs" c="dimmed" role="status">
            {refusal ?? problems["space"] ?? "Correct the marked fields first."}
          </Text>
        )}
        <Button size="sm" disabled={!ready} loading={sending} onClick={() => void start()}>
          {draft.purpose === "settings" ? "Start the search" : "Draw the curve"}
        </Button>
      </Group>
    </Stack>
  );
}
