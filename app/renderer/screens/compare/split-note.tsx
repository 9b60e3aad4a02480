import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

/** Nothing where all were tested on the same ratings. */
export function SplitNote({ runs }: { readonly runs: readonly { readonly splitId: string }[] }) {
  const splits = new Set(runs.map(({ splitId }) => splitId)).size;
  if (splits < 2) return null;
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} style={{ gridColumn: "1 / -1" }}>
      {splits} different splits: these runs were tested on different ratings, so what stands here side by side does not
      say which is better.
    </Alert>
  );
}
