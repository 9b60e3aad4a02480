import { ActionIcon, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { ReelbenchError } from "../../../core/contract/errors.ts";
import { ErrorPanel } from "./feedback/error-panel.tsx";
import { tellDone } from "./feedback/tell.ts";

interface DeleteActionProps {
  /** "the snapshot Likes of 2020" */
  readonly what: string;
  /** What goes with it and what stays, in a sentence. */
  readonly consequence: string;
  /** Rejects with a ReelbenchError where it is needed by something else. */
  readonly onDelete: () => Promise<unknown>;
  readonly onDeleted?: () => void;
  /** As a button with words, where it stands alone. */
  readonly labelled?: boolean;
}

/** Deletes for good, after asking. Where it is needed by something else, says by what. */
export function DeleteAction({ what, consequence, onDelete, onDeleted, labelled = false }: DeleteActionProps) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ReelbenchError | null>(null);
  const open = () => {
    setError(null);
    setAsking(true);
  };
  const remove = () => {
    setBusy(true);
    onDelete()
      .then(() => {
        setAsking(false);
        tellDone(`Deleted ${what}.`);
        onDeleted?.();
      })
      .catch((thrown: ReelbenchError) => setError(thrown))
      .finally(() => setBusy(false));
  };
  return (
    <>
      {labelled ? (
        <Button variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={open}>
          Delete
        </Button>
      ) : (
        <ActionIcon aria-label={`Delete ${what}`} onClick={open}>
          <IconTrash size={15} />
        </ActionIcon>
      )}
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Delete ${what}?`}>
        <Stack gap="md">
          <Text size="sm">{consequence} This cannot be undone.</Text>
          {error !== null && <ErrorPanel error={error} title="It cannot be deleted" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              Keep it
            </Button>
            <Button variant="default" c="var(--rb-bad)" loading={busy} onClick={remove}>
              Delete
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
