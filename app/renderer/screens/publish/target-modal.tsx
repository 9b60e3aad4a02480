import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Target } from "../../../../core/contract/entities.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { useCommand } from "../../transport/hooks.ts";

interface TargetModalProps {
  readonly opened: boolean;
  /** Null for a new one. */
  readonly target: Target | null;
  readonly onClose: () => void;
}

export function TargetModal({ opened, target, onClose }: TargetModalProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={target === null ? "Add a target" : `Edit ${target.name}`} size="lg">
      {opened && <TargetForm target={target} onDone={onClose} />}
    </Modal>
  );
}

function TargetForm({ target, onDone }: { readonly target: Target | null; readonly onDone: () => void }) {
  const save = useCommand("targets.save");
  const known = target?.kind === "production" ? target : null;
  const form = useForm({
    initialValues: { name: known?.name ?? "", postgres: known?.postgres ?? "", redis: known?.redis ?? "" },
    validate: {
      name: (value) => (value.trim() === "" ? "A name is needed." : null),
      postgres: (value) =>
        /^postgres(ql)?:\/\//.test(value.trim())
          ? null
          : "An address like postgres://user:password@host:5432/database is needed.",
      redis: (value) =>
        value.trim() === "" || /^rediss?:\/\//.test(value.trim())
          ? null
          : "An address like redis://host:6379 is needed, or nothing.",
    },
  });
  const submit = form.onSubmit(({ name, postgres, redis }) =>
    save.mutate(
      {
        ...(known === null ? {} : { id: known.id }),
        name: name.trim(),
        postgres: postgres.trim(),
        redis: redis.trim() === "" ? null : redis.trim(),
      },
      {
        onSuccess: (saved) => {
          tellDone(`${saved.name} was saved.`);
          onDone();
        },
      },
    ),
  );
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Name" placeholder="Production" data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Postgres"
          placeholder="postgres://user:password@host:5432/database"
          description={
            known === null
              ? "The role needs to create tables in this database the first time, later only to read and write them."
              : "Leave the password out to keep the one that is stored."
          }
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("postgres")}
        />
        <TextInput
          label="Redis (optional)"
          placeholder="redis://host:6379"
          description="Without it servers cache only in their own memory."
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("redis")}
        />
        <Text size="xs" c="dimmed">
          Passwords are kept apart from the workspace's catalogue and never shown again.
        </Text>
        {save.error !== null && <ErrorPanel error={save.error} title="The target was not saved" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
