import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import type { Snapshot } from "../../../../core/contract/entities.ts";
import { cutoffsProblem, noOptions, optionProblem, optionsSummary } from "./run-options.ts";
import type { NumberOption, RunOptions } from "./run-options.ts";
import { StoppingFields } from "./stopping-fields.tsx";
import styles from "./train.module.css";

interface RunOptionsFormProps {
  readonly snapshot: Snapshot;
  readonly options: RunOptions;
  readonly onChange: (options: RunOptions) => void;
  /** Whether how runs are judged can be changed, too; a search is judged by its metric. */
  readonly judged?: boolean;
}

/** What the models are given of the ratings, and how they are judged. The same for all that are trained together. */
export function RunOptionsForm({ snapshot, options, onChange, judged = true }: RunOptionsFormProps) {
  const [open, setOpen] = useState(false);
  const title = judged ? "Ratings and judgement" : "Training ratings";
  return (
    <section className={styles["algorithm"]} aria-label={title}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Text fw={600} size="sm">
            {title}
          </Text>
          <Text size="xs" c="dimmed">
            {judged
              ? `For all that are trained together: ${optionsSummary(options)}.`
              : `For every trial: ${optionsSummary(options, false)}.`}
          </Text>
        </div>
        <Button variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)} style={{ flex: "none" }}>
          {open ? "Hide" : "Change"}
        </Button>
      </Group>
      {open && <Fields snapshot={snapshot} options={options} onChange={onChange} judged={judged} />}
    </section>
  );
}

function Fields({ snapshot, options, onChange, judged }: Required<RunOptionsFormProps>) {
  const { minimum, maximum } = snapshot.scale;
  const number = (name: NumberOption, label: string, description: string, disabled = false) => (
    <NumberInput
      label={label}
      description={description}
      placeholder="–"
      disabled={disabled}
      value={options[name]}
      error={optionProblem(options, name)}
      clampBehavior="none"
      onChange={(value) => onChange({ ...options, [name]: value })}
    />
  );
  return (
    <Stack gap="sm" pt="sm">
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="md" verticalSpacing="sm">
        {number(
          "likesFrom",
          "Learn likes from",
          `Ratings of at least this are likes (scale ${String(minimum)} to ${String(maximum)})`,
        )}
        <Select
          label="Likes count"
          description="Equally, or by how much they were liked"
          disabled={options.likesFrom === ""}
          data={[
            { value: "equal", label: "All the same (binarised)" },
            { value: "as-rated", label: "As rated" },
          ]}
          value={options.likeValues}
          onChange={(likeValues) => likeValues !== null && onChange({ ...options, likeValues })}
        />
        <Select
          label="Lower ratings"
          description="What is not a like"
          disabled={options.likesFrom === ""}
          data={[
            { value: "left-out", label: "Are left out" },
            { value: "worst", label: "Count as the worst rating" },
          ]}
          value={options.low}
          onChange={(low) => low !== null && onChange({ ...options, low })}
        />
        {number("confidence", "Confidence α", "A rating weighs 1 + α · its height on the scale (Hu et al. 2008)")}
        {number(
          "halfLifeDays",
          "Half-life, days",
          snapshot.hasTime ? "A rating this old weighs half of the newest one" : "These ratings have no times",
          !snapshot.hasTime,
        )}
        {number(
          "contentForColdItems",
          "New films by content, λ",
          "Films without a rating are concluded from genres and decade, by ridge regression",
        )}
        {judged && (
          <TagsInput
            label="List lengths judged"
            description="Recall, NDCG and the like at each; Enter after each"
            placeholder={options.cutoffs.length === 0 ? "10" : ""}
            size="xs"
            value={[...options.cutoffs]}
            error={cutoffsProblem(options)}
            onChange={(cutoffs) => onChange({ ...options, cutoffs })}
          />
        )}
        {judged &&
          number("relevantFrom", "Relevant from", "Only test ratings of at least this are to be found in lists")}
        {judged && (
          <StoppingFields
            options={options.stopping}
            hasTime={snapshot.hasTime}
            onChange={(stopping) => onChange({ ...options, stopping })}
          />
        )}
      </SimpleGrid>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {judged && "Runs judged differently are never compared with each other."}
        </Text>
        <Button variant="subtle" onClick={() => onChange(noOptions)}>
          Leave everything as it is
        </Button>
      </Group>
    </Stack>
  );
}
