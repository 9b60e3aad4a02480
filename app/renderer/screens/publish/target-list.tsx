import { ActionIcon, Badge, Group, Menu, Modal, Text, UnstyledButton, Button } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import type { Target } from "../../../../core/contract/entities.ts";
import { targetTitle } from "../../components/format/targets.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { useCommand } from "../../transport/hooks.ts";
import styles from "./publish.module.css";
import { TargetModal } from "./target-modal.tsx";
import { TargetTest } from "./target-test.tsx";

interface TargetListProps {
  readonly targets: readonly Target[];
  readonly chosenId: string | undefined;
  readonly onChoose: (targetId: string) => void;
}

/** Where models can be published to. The local target is always there. */
export function TargetList({ targets, chosenId, onChoose }: TargetListProps) {
  const [editing, setEditing] = useState<Target | null>(null);
  const [testing, setTesting] = useState<Target | null>(null);
  const [removing, setRemoving] = useState<Target | null>(null);
  return (
    <section className={styles["targets"]} aria-label="Targets">
      {targets.map((target) => (
        <div key={target.id} style={{ position: "relative" }}>
          <UnstyledButton
            className={styles["target"]}
            aria-pressed={target.id === chosenId}
            onClick={() => onChoose(target.id)}
          >
            <Group gap="xs" wrap="nowrap">
              <Text size="sm" fw={600} truncate>
                {targetTitle(target.id, target.name)}
              </Text>
              <Badge color="gray">{target.kind === "local" ? "this machine" : target.environment}</Badge>
            </Group>
            <Text size="xs" c="dimmed" truncate pr={28}>
              {target.kind === "local" ? "Nothing to install" : target.postgres}
            </Text>
          </UnstyledButton>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon
                aria-label={`Actions for target ${target.name}`}
                style={{ position: "absolute", right: 6, bottom: 6 }}
              >
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setTesting(target)}>Test the connection</Menu.Item>
              {target.kind === "production" && <Menu.Item onClick={() => setEditing(target)}>Edit…</Menu.Item>}
              {target.kind === "production" && (
                <Menu.Item color="red" onClick={() => setRemoving(target)}>
                  Remove…
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </div>
      ))}
      <TargetModal opened={editing !== null} target={editing} onClose={() => setEditing(null)} />
      <TargetTest target={testing} onClose={() => setTesting(null)} />
      <RemoveTarget target={removing} onClose={() => setRemoving(null)} />
    </section>
  );
}

function RemoveTarget({ target, onClose }: { readonly target: Target | null; readonly onClose: () => void }) {
  const remove = useCommand("targets.remove");
  const confirm = () => {
    if (target === null) return;
    remove.mutate(
      { targetId: target.id },
      {
        onSuccess: () => {
          tellDone(`${target.name} was removed from this workspace.`);
          onClose();
        },
        onError: (error) => tellFailure("The target was not removed", error),
      },
    );
  };
  return (
    <Modal opened={target !== null} onClose={onClose} title={`Remove ${target?.name ?? ""}?`}>
      <Text size="sm">
        The workspace forgets the address and its password. What is published there stays and keeps serving.
      </Text>
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button color="red" loading={remove.isPending} onClick={confirm}>
          Remove
        </Button>
      </Group>
    </Modal>
  );
}
