import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { SavedView } from "../../../../core/contract/run-table.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

interface ViewsMenuProps {
  readonly current: Pick<SavedView, "search" | "columns">;
  readonly onOpen: (view: SavedView) => void;
}

/** The table as it was left, under a name: search, order, groups and columns. They lie in the workspace. */
export function ViewsMenu({ current, onOpen }: ViewsMenuProps) {
  const { data: views = [] } = useQueryMethod("views.list", { screen: "compare" });
  const [naming, setNaming] = useState(false);
  const remove = useCommand("views.remove");
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={14} aria-hidden />}>
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Group key={view.id} gap={2} wrap="nowrap">
              <Menu.Item onClick={() => onOpen(view)} style={{ flex: 1 }}>
                {view.name}
              </Menu.Item>
              <ActionIcon
                size="sm"
                aria-label={`Delete the view ${view.name}`}
                onClick={() =>
                  remove.mutate(
                    { viewId: view.id },
                    { onError: (error) => tellFailure("The view was not deleted", error) },
                  )
                }
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Group>
          ))}
          {views.length === 0 && (
            <Text size="xs" c="dimmed" p="xs">
              No view is kept yet. A view keeps the search, the order, the groups and the columns.
            </Text>
          )}
          <Menu.Divider />
          <Menu.Item onClick={() => setNaming(true)}>Keep this view…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title="Keep this view">
        {naming && <NameForm current={current} views={views} onDone={() => setNaming(false)} />}
      </Modal>
    </>
  );
}

interface NameFormProps {
  readonly current: ViewsMenuProps["current"];
  readonly views: readonly SavedView[];
  readonly onDone: () => void;
}

function NameForm({ current, views, onDone }: NameFormProps) {
  const [name, setName] = useState("");
  const save = useCommand("views.save");
  const known = views.some((view) => view.name === name.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(
          { name: name.trim(), screen: "compare", ...current },
          {
            onSuccess: () => {
              tellDone(`The view "${name.trim()}" is kept in this workspace.`);
              onDone();
            },
            onError: (error) => tellFailure("The view was not kept", error),
          },
        );
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name"
          value={name}
          maxLength={100}
          data-autofocus
          {...(known ? { description: "There is a view of that name; it will be replaced." } : {})}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={name.trim() === ""} loading={save.isPending}>
            {known ? "Replace" : "Keep"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
