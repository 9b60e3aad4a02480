import { Button, Card, Group, Textarea, Title } from "@mantine/core";
import { useState } from "react";
import type { ModelVersion } from "../../../../core/contract/model-versions.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { useCommand } from "../../transport/hooks.ts";

interface WordsFormProps {
  readonly version: ModelVersion;
  readonly field: "note" | "intendedUse" | "limits";
  readonly label: string;
  readonly placeholder: string;
}

/** What only a person can say of a version. Saved with a click or mod+Enter. */
export function WordsForm({ version, field, label, placeholder }: WordsFormProps) {
  const annotate = useCommand("models.annotate");
  const [text, setText] = useState(version[field]);
  const changed = text !== version[field];
  const save = () => {
    if (!changed) return;
    annotate.mutate(
      { modelId: version.id, [field]: text },
      {
        onSuccess: () => tellDone("Saved."),
        onError: (error) => tellFailure(`${label}: not saved`, error),
      },
    );
  };
  return (
    <Card>
      <Title order={2} size="h3" mb={4}>
        {label}
      </Title>
      <Textarea
        aria-label={label}
        autosize
        minRows={2}
        maxRows={12}
        maxLength={20_000}
        placeholder={placeholder}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
        }}
      />
      {changed && (
        <Group gap="xs" mt="xs">
          <Button size="xs" loading={annotate.isPending} onClick={save}>
            Save
          </Button>
          <Button size="xs" variant="default" onClick={() => setText(version[field])}>
            Take back
          </Button>
        </Group>
      )}
    </Card>
  );
}
