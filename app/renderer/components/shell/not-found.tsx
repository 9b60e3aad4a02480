import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { EmptyState } from "../feedback/empty-state.tsx";

export function NotFound() {
  return (
    <EmptyState
      icon={IconMapOff}
      title="There is nothing at this address"
      actions={
        <Button component="a" href="#/">
          Go home
        </Button>
      }
    >
      The link may be from another version, or what it showed was removed.
    </EmptyState>
  );
}
