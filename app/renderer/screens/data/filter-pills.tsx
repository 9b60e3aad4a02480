import { Group, Pill } from "@mantine/core";

interface FilterPillsProps<K extends string> {
  readonly label: string;
  readonly said: readonly { readonly key: K; readonly text: string }[];
  readonly onRemove: (key: K) => void;
}

/** What a table is narrowed to, each of it to be taken away again. */
export function FilterPills<K extends string>({ label, said, onRemove }: FilterPillsProps<K>) {
  if (said.length === 0) return null;
  return (
    <Group gap={6} role="group" aria-label={label} mb={4}>
      {said.map(({ key, text }) => (
        <Pill
          key={key}
          size="md"
          withRemoveButton
          removeButtonProps={{ "aria-label": `Not only ${text}`, "aria-hidden": false, tabIndex: 0 }}
          onRemove={() => onRemove(key)}
        >
          {text}
        </Pill>
      ))}
    </Group>
  );
}
