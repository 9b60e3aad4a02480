import { Button, Group, Loader, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { desktopBridge } from "../../transport/electron.ts";
import { useConnectionPhase, useEngine } from "../../transport/engine-context.tsx";

/** Says when the engine cannot be reached. Nothing is shown while all is well. */
export function ConnectionBanner() {
  const phase = useConnectionPhase();
  const { connection } = useEngine();
  if (phase === "open" || phase === "connecting") return null;
  const gone = phase === "gone";
  return (
    <Group
      role="status"
      gap="sm"
      px="md"
      py={7}
      style={{ background: gone ? "var(--mantine-color-red-9)" : "#7a4f00", color: "#fff" }}
    >
      {gone ? <IconPlugConnectedX size={17} /> : <Loader size={14} color="white" />}
      <Text size="sm" fw={500}>
        {gone
          ? `The engine is gone. What was finished is kept; running jobs can be resumed once it is back. ${desktopBridge() === null ? "Start it again and open the link it prints." : "Reconnect, or restart Reelbench."}`
          : `The engine is gone. Reconnecting… Running jobs will show as interrupted and can be resumed.${desktopBridge() === null ? " If it does not come back, start it again and open the link it prints." : ""}`}
      </Text>
      <Button ml="auto" size="compact-xs" variant="white" color="dark" onClick={() => connection.retryNow()}>
        Reconnect now
      </Button>
    </Group>
  );
}
