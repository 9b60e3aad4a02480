import { Button, Card, Group, NumberInput, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { formatBytes } from "../../components/format/numbers.ts";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

type InForce = MethodOutput<"limits.get">;

const gigabyte = 1024 ** 3;

/** How much of the machine trainings may take. */
export function LimitsForm() {
  const limits = useQueryMethod("limits.get", {});
  return (
    <Card>
      <Title order={2}>Memory and threads</Title>
      <Text size="sm" c="dimmed" mb="sm">
        What trainings, imports and searches of this workspace may take of the machine the engine runs on. It holds for
        what starts from now on. The same model comes out whatever the number of threads.
      </Text>
      <Answer of={limits} height={120} errorTitle="The limits could not be read">
        {(inForce) => <Form key={JSON.stringify(inForce.limits)} inForce={inForce} />}
      </Answer>
    </Card>
  );
}

function Form({ inForce: { limits, machine, used } }: { readonly inForce: InForce }) {
  const client = useQueryClient();
  const [threads, setThreads] = useState<number | null>(limits.threads);
  const [gigabytes, setGigabytes] = useState<number | null>(limits.memory === null ? null : limits.memory / gigabyte);
  const set = useCommand("limits.set");
  const number = (value: string | number) => (typeof value === "number" ? value : null);
  const memory = gigabytes === null ? null : Math.round(gigabytes * gigabyte);
  const unchanged = threads === limits.threads && memory === limits.memory;
  const save = () =>
    set.mutate(
      { threads, memory },
      {
        onSuccess: (answer) => {
          client.setQueryData(["limits.get", {}], answer);
          void client.invalidateQueries({ queryKey: ["workspace.get"] });
          void client.invalidateQueries({ queryKey: ["training.plan"] });
          tellDone("The limits are kept; what starts from now on heeds them.");
        },
      },
    );
  return (
    <Stack gap="sm">
      <Group align="flex-start" gap="lg">
        <NumberInput
          label="Threads"
          description={`Of ${String(machine.threads)}. Empty: all.`}
          placeholder="All"
          w={200}
          min={1}
          max={machine.threads}
          allowDecimal={false}
          value={threads ?? ""}
          onChange={(value) => setThreads(number(value))}
        />
        <NumberInput
          label="Memory, GB"
          description={`Of ${formatBytes(machine.memory)}. Empty: all.`}
          placeholder="All"
          w={200}
          min={0.25}
          max={Math.floor((machine.memory / gigabyte) * 100) / 100}
          step={0.5}
          decimalScale={2}
          value={gigabytes ?? ""}
          onChange={(value) => setGigabytes(number(value))}
        />
      </Group>
      {set.error !== null && <ErrorPanel error={set.error} title="The limits could not be kept" />}
      <Group gap="sm">
        <Button disabled={unchanged} loading={set.isPending} onClick={save}>
          Save
        </Button>
        <Text size="sm" c="dimmed">
          Now in force: {used.threads} {used.threads === 1 ? "thread" : "threads"}, {formatBytes(used.memory)}. A
          training that would need more is refused before it starts, with settings that would fit.
        </Text>
      </Group>
    </Stack>
  );
}
