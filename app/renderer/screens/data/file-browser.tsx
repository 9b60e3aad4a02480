import { Button, Group, Modal, ScrollArea, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconArrowUp, IconFile, IconFolder } from "@tabler/icons-react";
import { useState } from "react";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { formatBytes } from "../../components/format/numbers.ts";
import { useQueryMethod } from "../../transport/hooks.ts";
import styles from "./file-browser.module.css";

interface FileBrowserProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onChoose: (path: string) => void;
}

type Listing = MethodOutput<"files.browse">;

/** The folders of the engine's machine, where no dialog of the system is to be had. */
export function FileBrowser({ opened, onClose, onChoose }: FileBrowserProps) {
  const [directory, setDirectory] = useState<string | null>(null);
  const listing = useQueryMethod("files.browse", { directory }, { enabled: opened, keepPrevious: true });
  return (
    <Modal opened={opened} onClose={onClose} title="Choose a file on the engine's machine" size="lg">
      <Answer of={listing} height={320} errorTitle="The folder could not be read">
        {(content) => <Folder listing={content} onOpen={setDirectory} onChoose={onChoose} />}
      </Answer>
      {listing.error !== null && directory !== null && (
        <Button mt="sm" variant="default" onClick={() => setDirectory(null)}>
          Back to the start
        </Button>
      )}
    </Modal>
  );
}

interface FolderProps {
  readonly listing: Listing;
  readonly onOpen: (directory: string) => void;
  readonly onChoose: (path: string) => void;
}

function Folder({ listing, onOpen, onChoose }: FolderProps) {
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase();
  const entries = listing.entries.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap">
        <Button
          variant="default"
          leftSection={<IconArrowUp size={14} aria-hidden />}
          disabled={listing.parent === null}
          onClick={() => listing.parent !== null && onOpen(listing.parent)}
        >
          Up
        </Button>
        <Text size="sm" truncate title={listing.directory} style={{ flex: 1 }}>
          {listing.directory}
        </Text>
        <TextInput
          aria-label="Filter names"
          placeholder="Filter"
          value={filter}
          onChange={({ currentTarget }) => setFilter(currentTarget.value)}
          w={160}
        />
      </Group>
      <ScrollArea h={360} type="auto" viewportProps={{ tabIndex: -1 }}>
        <ul className={styles["list"]}>
          {entries.map(({ name, path, kind, bytes }) => (
            <li key={path}>
              <UnstyledButton
                className={styles["entry"]}
                onClick={() => (kind === "directory" ? onOpen(path) : onChoose(path))}
              >
                {kind === "directory" ? <IconFolder size={16} aria-hidden /> : <IconFile size={16} aria-hidden />}
                <span className={styles["name"]}>{name}</span>
                {kind === "file" && <span className={styles["size"]}>{formatBytes(bytes)}</span>}
              </UnstyledButton>
            </li>
          ))}
        </ul>
        {entries.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            Nothing here.
          </Text>
        )}
      </ScrollArea>
    </Stack>
  );
}
