import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { ErrorPanel } from "./error-panel.tsx";

interface AnswerState<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

interface AnswerProps<T> {
  readonly of: AnswerState<T>;
  /** Height in pixels the answer will need, so that nothing jumps when it comes. */
  readonly height?: number;
  readonly errorTitle?: string;
  readonly children: (data: T) => ReactNode;
}

/** One answer of the engine in its three states. What was shown stays shown while it is asked again. */
export function Answer<T>({ of, height = 160, errorTitle, children }: AnswerProps<T>) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error !== null && of.error !== undefined) {
    return (
      <ErrorPanel
        error={of.error}
        {...(errorTitle === undefined ? {} : { title: errorTitle })}
        onRetry={() => void of.refetch()}
      />
    );
  }
  return (
    <Stack gap="xs" role="progressbar" aria-label="Loading">
      <Skeleton height={height} radius="sm" />
    </Stack>
  );
}
