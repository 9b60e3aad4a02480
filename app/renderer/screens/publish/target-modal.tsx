import {
  Alert,
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Target } from "../../../../core/contract/entities.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone } from "../../components/feedback/tell.ts";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

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

const environments = [
  { value: "production", label: "Production" },
  { value: "staging", label: "Staging" },
  { value: "development", label: "Development" },
] as const;

function TargetForm({ target, onDone }: { readonly target: Target | null; readonly onDone: () => void }) {
  const save = useCommand("targets.save");
  const passwords = useQueryMethod("targets.passwords", {});
  const nowhere = passwords.data?.kept === "nowhere";
  const known = target?.kind === "production" ? target : null;
  const form = useForm({
    initialValues: {
      name: known?.name ?? "",
      postgres: known?.postgres ?? "",
      redis: known?.redis ?? "",
      environment: known?.environment ?? "production",
      channel: known?.channel ?? "production",
      keepVersions: known?.keepVersions ?? 5,
      session: false,
    },
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
      channel: (value) =>
        /^[a-z0-9][a-z0-9_-]{0,39}$/.test(value) ? null : "1 to 40 of a–z, 0–9, _ and -, a letter or digit first.",
    },
  });
  const submit = form.onSubmit(({ name, postgres, redis, environment, channel, keepVersions, session }) =>
    save.mutate(
      {
        ...(known === null ? {} : { id: known.id }),
        name: name.trim(),
        postgres: postgres.trim(),
        redis: redis.trim() === "" ? null : redis.trim(),
        environment,
        channel,
        keepVersions,
        passwords: session ? "session" : "keep",
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
              ? "The role needs to create tables in this database the first time, later only to read and write them: the test of the connection names exactly what."
              : "A password shown as *** is the one that is known already."
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
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <Select
            label="Environment"
            data={environments}
            allowDeselect={false}
            {...form.getInputProps("environment")}
          />
          <TextInput
            label="Channel"
            description="Servers of one channel serve the same"
            {...form.getInputProps("channel")}
          />
          <NumberInput
            label="Versions kept"
            description="To go back to"
            min={0}
            max={1000}
            allowDecimal={false}
            {...form.getInputProps("keepVersions")}
          />
        </SimpleGrid>
        {passwords.data !== undefined && !nowhere && (
          <Text size="xs" c="dimmed">
            {passwords.data.message} They are never shown again.
          </Text>
        )}
        {nowhere && (
          <Alert color="yellow" title="Passwords are not kept here">
            <Text size="sm">{passwords.data?.message}</Text>
            <Switch
              mt="xs"
              label="Use the password in the address until Reelbench is closed"
              {...form.getInputProps("session", { type: "checkbox" })}
            />
          </Alert>
        )}
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
