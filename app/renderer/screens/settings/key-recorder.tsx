import { Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { onApple } from "../../components/commands/command-palette.tsx";
import { shortcutLabel } from "../../components/commands/command.ts";
import { chordOf } from "../../components/commands/key-sequence.ts";

interface KeyRecorderProps {
  readonly label: string;
  /** What was pressed: a chord (`mod+j`), or one or two keys (`g j`). Null: changed nothing. */
  readonly onRecorded: (shortcut: string | null) => void;
}

/** Milliseconds in which a second key may follow. */
const patience = 1000;

/** Takes the next keys for itself. Escape and Tab leave, as everywhere. */
export function KeyRecorder({ label, onRecorded }: KeyRecorderProps) {
  const [first, setFirst] = useState<string | null>(null);
  const field = useRef<HTMLButtonElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (first === null) return undefined;
    const timer = setTimeout(() => onRecorded(first), patience);
    return () => clearTimeout(timer);
  }, [first, onRecorded]);
  const press = (event: React.KeyboardEvent) => {
    if (event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return onRecorded(null);
    const chord = chordOf(event);
    if (chord === null) return;
    if (first !== null) return onRecorded(chord.startsWith("mod+") ? chord : `${first} ${chord}`);
    if (chord.startsWith("mod+")) onRecorded(chord);
    else setFirst(chord);
  };
  return (
    <UnstyledButton
      ref={field}
      aria-label={`Press the new keys of ${label}`}
      onKeyDown={press}
      onBlur={() => onRecorded(first)}
      style={{ padding: "2px 8px", border: "1px dashed var(--rb-accent-text)", borderRadius: 4 }}
    >
      <Group gap={6} wrap="nowrap" role="status">
        {first !== null && <Kbd size="xs">{shortcutLabel(first, onApple())}</Kbd>}
        <Text size="xs" c="dimmed">
          {first === null ? "Press keys, Esc to leave" : "and then?"}
        </Text>
      </Group>
    </UnstyledButton>
  );
}
