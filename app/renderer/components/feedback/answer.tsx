import { Skeleton, Stack, Text } from "@mantine/core";
import { useDeferredValue } from "react";
import type { ReactNode } from "react";
import { useSecondsShown } from "../format/use-seconds-shown.ts";
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
  /** What takes so long, where it may: a sentence for who waits. */
  readonly waitingFor?: string;
  readonly children: (data: T) => ReactNode;
}

/**
 * One answer of the engine in its three states. What was shown stays shown while it is asked again. An answer that comes is drawn
 * in pieces, between which the page answers.
 */
export function Answer<T>({ of, height = 160, errorTitle, waitingFor, children }: AnswerProps<T>) {
  const isDrawn = useDeferredValue(of.data !== undefined, false);
  if (of.data !== undefined && isDrawn) return <>{children(of.data)}</>;
  if (of.error !== null && of.error !== undefined) {
    return (
      <ErrorPanel
        error={of.error}
        {...(errorTitle === undefined ? {} : { title: errorTitle })}
        onRetry={() => void of.refetch()}
      />
    );
  }
  return <Waiting height={height} reason={waitingFor} />;
}

/** Seconds after which a person begins to wonder. */
const long = 3;

function Waiting({ height, reason }: { readonly height: number; readonly reason: string | undefined }) {
  const seconds = useSecondsShown();
  return (
    <div>
      <Stack gap="xs" role="progressbar" aria-label="Loading">
        <Skeleton height={height} radius="sm" />
      </Stack>
      {seconds >= long && (
        <Text size="xs" c="dimmed" mt={4}>
          No answer yet, after {seconds} s.{reason !== undefined && ` ${reason}`}
        </Text>
      )}
    </div>
  );
}
