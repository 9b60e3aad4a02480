import { Button, Stack } from "@mantine/core";
import { ErrorPanel } from "./error-panel.tsx";

/** The error boundary of one screen: the rest of the shell, and the jobs, go on. */
export function ScreenError({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  return (
    <Stack p="lg" maw={760}>
      <ErrorPanel error={error} title="This screen failed" onRetry={reset} />
      <div>
        <Button variant="default" component="a" href="#/">
          Go home
        </Button>
      </div>
    </Stack>
  );
}
