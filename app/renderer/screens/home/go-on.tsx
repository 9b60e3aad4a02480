import { Button, Card, Group, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useState } from "react";
import { rooms } from "../../components/shell/rooms.ts";
import { lastView } from "../../components/workspaces/view-address.ts";

/** In a browser, which may begin anywhere: the way back to what was shown last. (The desktop opens it by itself.) */
export function GoOn({ workspaceId }: { readonly workspaceId: string }) {
  const [view] = useState(() => lastView(workspaceId));
  if (view === null) return null;
  const room = rooms.find(({ to }) => to !== "/" && view.startsWith(to))?.label ?? "Help";
  return (
    <Card py="xs">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          You were last at <strong>{room}</strong>.
        </Text>
        <Button
          component="a"
          variant="default"
          href={`#${view}`}
          rightSection={<IconArrowRight size={15} aria-hidden />}
        >
          Go on where you were
        </Button>
      </Group>
    </Card>
  );
}
