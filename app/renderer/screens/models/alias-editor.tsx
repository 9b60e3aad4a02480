import { Card, TagsInput, Text, Title } from "@mantine/core";
import { modelAlias } from "../../../../core/contract/model-versions.ts";
import type { ModelVersion } from "../../../../core/contract/model-versions.ts";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { useCommand } from "../../transport/hooks.ts";
import { versionTitle } from "./model-name.ts";

const usual = ["champion", "challenger", "staging", "fallback"];

/** Names that mean one version at a time; giving one here takes it from the version that has it. */
export function AliasEditor({ version }: { readonly version: ModelVersion }) {
  const save = useCommand("models.alias");
  const change = (aliases: string[]) => {
    const wrong = aliases.find((name) => !modelAlias.safeParse(name).success);
    if (wrong !== undefined) {
      tellFailure("No such alias", new Error(`“${wrong}”: 1 to 40 of a–z, 0–9 and -, a letter first.`));
      return;
    }
    save.mutate(
      { modelId: version.id, aliases },
      {
        onSuccess: () => tellDone(`The aliases of ${versionTitle(version)} were saved.`),
        onError: (error) => tellFailure("The aliases were not saved", error),
      },
    );
  };
  return (
    <Card>
      <Title order={2} size="h3" mb={4}>
        Aliases
      </Title>
      <TagsInput
        aria-label="Aliases"
        data={usual}
        value={[...version.aliases]}
        onChange={change}
        disabled={version.retiredAt !== undefined}
        maxTags={20}
        placeholder="champion, staging, …"
        clearable={false}
      />
      <Text size="xs" c="dimmed" mt={4}>
        An alias means one version of “{version.model}”. Given here, it moves from the version that has it.
      </Text>
    </Card>
  );
}
