import { Button, Group, List, Modal, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import type { Target } from "../../../../core/contract/entities.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { Privileges } from "./privileges.tsx";

const names: Readonly<Record<string, string>> = {
  address: "Address",
  postgres: "Postgres",
  encryption: "Encryption",
  privileges: "Privileges",
  schema: "Schema",
  redis: "Redis",
};

/** Asks the target what works, now. */
export function TargetTest({ target, onClose }: { readonly target: Target | null; readonly onClose: () => void }) {
  const test = useQueryMethod(
    "targets.test",
    { targetId: target?.id ?? "none" },
    { enabled: target !== null, forget: true },
  );
  return (
    <Modal opened={target !== null} onClose={onClose} title={`Connection to ${target?.name ?? ""}`} size="lg">
      {target !== null && (
        <Stack gap="sm">
          {target.kind === "local" && test.data === undefined && test.error === null && (
            <Text size="sm" c="dimmed">
              Starting the local database; the first time takes some seconds.
            </Text>
          )}
          <Answer of={test} height={120} errorTitle="The test could not be made">
            {({ ok, checks, privileges }) => (
              <>
                <Text size="sm" fw={600} c={ok ? "var(--rb-good)" : "var(--rb-bad)"}>
                  {ok ? "Everything works." : "Something does not work yet."}
                </Text>
                <List size="sm" spacing={6} center>
                  {checks.map(({ check, passed, message, remedy }) => (
                    <List.Item key={check} icon={<PassedIcon passed={passed} />}>
                      <Text size="sm" fw={500}>
                        {names[check] ?? check}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {message} {remedy}
                      </Text>
                    </List.Item>
                  ))}
                </List>
                {privileges !== null && <Privileges report={privileges} />}
              </>
            )}
          </Answer>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {test.isFetching ? "Cancel" : "Close"}
            </Button>
            <Button variant="default" loading={test.isFetching} onClick={() => void test.refetch()}>
              Test again
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

export function PassedIcon({ passed }: { readonly passed: boolean }) {
  return (
    <ThemeIcon size={20} radius="xl" variant="light" color={passed ? "green" : "red"}>
      {passed ? <IconCheck size={13} aria-label="Passed" /> : <IconX size={13} aria-label="Not passed" />}
    </ThemeIcon>
  );
}
