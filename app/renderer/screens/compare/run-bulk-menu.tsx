import { Button, Group, Menu, Modal, Stack, TagsInput, Text } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { formatQuantity } from "../../components/format/numbers.ts";
import { useCommand } from "../../transport/hooks.ts";

interface RunBulkMenuProps {
  /** What is done is done to these, or to all that are found. */
  readonly chosen: readonly string[];
  readonly found: number;
  readonly foundIds: () => Promise<readonly string[]>;
  readonly tags: readonly string[];
  readonly onChooseBest: () => void;
}

/** What can be done to many runs at once: tag them, put them away, take them back. */
export function RunBulkMenu({ chosen, found, foundIds, tags, onChooseBest }: RunBulkMenuProps) {
  const [tagging, setTagging] = useState(false);
  const archive = useCommand("runs.archive");
  const count = chosen.length > 0 ? chosen.length : found;
  const whom =
    chosen.length > 0 ? `the ${formatQuantity(count, "run")} chosen` : `all ${formatQuantity(count, "run")} found`;
  const ids = async () => [...(chosen.length > 0 ? chosen : await foundIds())];
  const setArchived = async (archived: boolean) => {
    try {
      const { changed } = await archive.mutateAsync({ runIds: await ids(), archived });
      tellDone(`${formatQuantity(changed, "run")} ${archived ? "archived" : "restored"}.`);
    } catch (error) {
      tellFailure("Nothing was changed", error);
    }
  };
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDots size={14} aria-hidden />} disabled={count === 0}>
            Runs
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>On {whom}</Menu.Label>
          <Menu.Item onClick={() => setTagging(true)}>Tags…</Menu.Item>
          <Menu.Item onClick={() => void setArchived(true)}>Archive</Menu.Item>
          <Menu.Item onClick={() => void setArchived(false)}>Restore from the archive</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={onChooseBest}>Choose the first five</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={tagging} onClose={() => setTagging(false)} title="Tags">
        {tagging && <TagForm whom={whom} ids={ids} known={tags} onDone={() => setTagging(false)} />}
      </Modal>
    </>
  );
}

interface TagFormProps {
  readonly whom: string;
  readonly ids: () => Promise<string[]>;
  readonly known: readonly string[];
  readonly onDone: () => void;
}

function TagForm({ whom, ids, known, onDone }: TagFormProps) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const tag = useCommand("runs.tag");
  const apply = async () => {
    try {
      const { changed } = await tag.mutateAsync({ runIds: await ids(), add, remove });
      tellDone(`The tags of ${formatQuantity(changed, "run")} were changed.`);
      onDone();
    } catch (error) {
      tellFailure("No tag was changed", error);
    }
  };
  return (
    <Stack gap="sm">
      <Text size="sm">On {whom}.</Text>
      <TagsInput label="Add" data={[...known]} value={add} onChange={setAdd} maxTags={20} data-autofocus />
      <TagsInput label="Take away" data={[...known]} value={remove} onChange={setRemove} maxTags={20} />
      <Group justify="flex-end">
        <Button disabled={add.length + remove.length === 0} loading={tag.isPending} onClick={() => void apply()}>
          Apply
        </Button>
      </Group>
    </Stack>
  );
}
