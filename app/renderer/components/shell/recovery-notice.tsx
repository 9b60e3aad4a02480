import { Button, CloseButton, Group, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { z } from "zod";
import { formatDateTime } from "../format/times.ts";
import { tellFailure } from "../feedback/tell.ts";
import { LinkButton } from "../link-button.tsx";
import { storedValue, useStoredValue } from "../preferences/stored-value.ts";
import { useCommand, useJobs, useQueryMethod } from "../../transport/hooks.ts";

/** When the engine was opened whose recovery the person has read. */
const read = storedValue("reelbench.recovery-read", z.string(), "");

/** After an engine that ended without closing: that it did, what was kept, and the way to go on. */
export function RecoveryNotice() {
  const { data } = useQueryMethod("workspace.recovery", {});
  const readAt = useStoredValue(read);
  const resume = useCommand("jobs.resume");
  const jobs = useJobs();
  if (data === undefined || !data.afterCrash || readAt === data.openedAt) return null;
  const { interruptedJobs, openedAt } = data;
  // Each may have been resumed by itself meanwhile, here or elsewhere.
  const left = interruptedJobs.filter(({ id }) => {
    const job = jobs.find((each) => each.id === id);
    return job === undefined || job.state === "interrupted";
  });
  const resumeAll = async () => {
    for (const { id } of left) await resume.mutateAsync({ jobId: id });
  };
  return (
    <Group
      role="status"
      gap="sm"
      px="md"
      py={6}
      style={{ background: "var(--rb-selected)", borderBottom: "1px solid var(--rb-border)" }}
    >
      <IconHistory size={17} aria-hidden />
      <Text size="sm" style={{ flex: "1 1 320px" }}>
        The engine had ended without closing; on {formatDateTime(openedAt)} it was started again. Everything that was
        finished is kept{interruptedText(interruptedJobs.length, left.length)}
      </Text>
      {left.length > 0 && (
        <Button
          size="compact-xs"
          loading={resume.isPending}
          onClick={() =>
            void resumeAll().catch((error: unknown) => tellFailure("Not everything could be resumed", error))
          }
        >
          {left.length === 1 ? "Resume it" : "Resume all"}
        </Button>
      )}
      <LinkButton size="compact-xs" variant="default" to="/settings" search={{ section: "about" }}>
        What was mended
      </LinkButton>
      <CloseButton size="sm" aria-label="Dismiss: the engine was started again" onClick={() => read.set(openedAt)} />
    </Group>
  );
}

function interruptedText(count: number, left: number): string {
  if (count === 0) return ".";
  if (left === 0) return "; what was interrupted was resumed, from its last checkpoint.";
  return count === 1 ? "; one job was interrupted." : `; ${String(count)} jobs were interrupted.`;
}
