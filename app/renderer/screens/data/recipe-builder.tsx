import { ActionIcon, Button, Card, Group, Menu, Stack, Text, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconChevronDown,
  IconChevronUp,
  IconPlus,
  IconTrash,
} from "@tabler/icons-react";
import type { RecipePreview } from "../../../../core/contract/snapshot-tables.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { countsOfStep, stepMeanings, stepNames } from "./recipe-editing.ts";
import type { RecipeChange, RecipeHistory, StepKind } from "./recipe-editing.ts";
import { StepCounts } from "./step-counts.tsx";
import { StepFields } from "./step-fields.tsx";

const kinds = Object.keys(stepNames) as StepKind[];

interface RecipeBuilderProps {
  readonly history: RecipeHistory;
  readonly onChange: (change: RecipeChange) => void;
  /** What the steps leave; `stale` where it is of the recipe before the last change. */
  readonly counts: { readonly preview: RecipePreview; readonly stale: boolean } | null;
}

/** Cleaning steps in the order they are done. */
export function RecipeBuilder({ history, onChange, counts }: RecipeBuilderProps) {
  useCommands([
    {
      id: "recipe.undo",
      label: "Undo the last change to the recipe",
      group: "Data",
      shortcuts: ["mod+z"],
      run: () => onChange({ type: "undo" }),
    },
    {
      id: "recipe.redo",
      label: "Redo the change to the recipe",
      group: "Data",
      shortcuts: ["mod+shift+z"],
      run: () => onChange({ type: "redo" }),
    },
  ]);
  const steps = history.present;
  return (
    <Stack gap="sm">
      {steps.length === 0 && (
        <Text size="sm" c="dimmed">
          No steps: every rating is kept; where a user rated a film twice, the last rating counts.
        </Text>
      )}
      <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }}>
        {steps.map((step, index) => (
          // Steps have no identity but their place.
          <Card
            key={index}
            component="li"
            padding="xs"
            aria-label={`Step ${String(index + 1)}: ${stepNames[step.step]}`}
          >
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <Text size="sm" fw={600} c="dimmed" w={18} ta="right" pt={2}>
                {index + 1}
              </Text>
              <div style={{ flex: 1, minWidth: 0 }}>
                <Text size="sm" fw={600}>
                  {stepNames[step.step]}
                </Text>
                <Text size="xs" c="dimmed" mb={6}>
                  {stepMeanings[step.step]}
                </Text>
                <StepFields step={step} onChange={(changed) => onChange({ type: "change", index, step: changed })} />
                <StepCounts counts={countsOfStep(counts?.preview, steps, index)} stale={counts?.stale === true} />
              </div>
              <Group gap={2} wrap="nowrap">
                <ActionIcon
                  aria-label={`Move step ${String(index + 1)} up`}
                  disabled={index === 0}
                  onClick={() => onChange({ type: "move", index, by: -1 })}
                >
                  <IconChevronUp size={16} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Move step ${String(index + 1)} down`}
                  disabled={index === steps.length - 1}
                  onClick={() => onChange({ type: "move", index, by: 1 })}
                >
                  <IconChevronDown size={16} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Remove step ${String(index + 1)}`}
                  onClick={() => onChange({ type: "remove", index })}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            </Group>
          </Card>
        ))}
      </Stack>
      <Group gap="xs">
        <Menu position="bottom-start" width={360}>
          <Menu.Target>
            <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />}>
              Add step
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds.map((kind) => (
              <Menu.Item key={kind} onClick={() => onChange({ type: "add", kind })}>
                <Text size="sm" fw={500}>
                  {stepNames[kind]}
                </Text>
                <Text size="xs" c="dimmed">
                  {stepMeanings[kind]}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Tooltip label="Undo">
          <ActionIcon
            aria-label="Undo"
            variant="default"
            disabled={history.past.length === 0}
            onClick={() => onChange({ type: "undo" })}
          >
            <IconArrowBackUp size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Redo">
          <ActionIcon
            aria-label="Redo"
            variant="default"
            disabled={history.future.length === 0}
            onClick={() => onChange({ type: "redo" })}
          >
            <IconArrowForwardUp size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Stack>
  );
}
