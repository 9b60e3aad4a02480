import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { ReactNode } from "react";
import { isUnfinished, useJobs } from "../../transport/hooks.ts";
import { tellFailure } from "../feedback/tell.ts";

/**
 * Another workspace in place of this one. Where something runs, only after the person has said so. `question` is to be
 * rendered somewhere on the screen.
 */
export function useOpenWorkspace(): {
  readonly open: (how: () => Promise<unknown>) => void;
  readonly question: ReactNode;
} {
  const running = useJobs().filter(isUnfinished);
  const [asked, setAsked] = useState<{ readonly how: () => Promise<unknown> } | null>(null);
  const go = (how: () => Promise<unknown>) => {
    setAsked(null);
    how().catch((error: unknown) => tellFailure("The workspace could not be opened", error));
  };
  return {
    open: (how) => (running.length === 0 ? go(how) : setAsked({ how })),
    question: (
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title="Work is under way here">
        <Stack gap="md">
          <Text size="sm">
            {running.length === 1 ? `“${running[0]?.title ?? ""}” stops` : `${String(running.length)} jobs stop`} at the
            last checkpoint and can be resumed when you open this workspace again.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setAsked(null)}>
              Stay here
            </Button>
            <Button onClick={() => asked !== null && go(asked.how)}>Open the other one</Button>
          </Group>
        </Stack>
      </Modal>
    ),
  };
}
