import { Alert, Badge, Button, Group, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { IconArchive, IconArchiveOff, IconChevronLeft } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ModelDetail } from "../../../../core/contract/model-versions.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { targetTitle } from "../../components/format/targets.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";
import { useAlgorithmNames } from "../../transport/use-algorithm-names.ts";
import { AliasEditor } from "./alias-editor.tsx";
import { BundlePanel } from "./bundle-panel.tsx";
import { ModelCardView } from "./model-card-view.tsx";
import { ModelLineageView } from "./model-lineage.tsx";
import { versionTitle } from "./model-name.ts";
import { PublicationsTable } from "./publications-table.tsx";
import { WordsForm } from "./words-form.tsx";

const route = getRouteApi("/models/$modelId");

/** One version: its card, where it is, where it comes from, and how to take it elsewhere. */
export function ModelScreen() {
  const { modelId } = route.useParams();
  const detail = useQueryMethod("models.get", { modelId });
  const known = detail.data;
  return (
    <Screen
      title={known === undefined ? "Model" : versionTitle(known.version)}
      crumbs={
        <TextLink to="/models" style={{ display: "inline-flex", alignItems: "center", gap: 2, marginBottom: 6 }}>
          <IconChevronLeft size={14} aria-hidden />
          Models
        </TextLink>
      }
      {...(known === undefined ? {} : { subtitle: <Subtitle detail={known} />, actions: <Actions detail={known} /> })}
    >
      <Answer of={detail} height={420} errorTitle="The version cannot be shown">
        {(version) => <Detail key={version.version.id} detail={version} />}
      </Answer>
    </Screen>
  );
}

function Subtitle({ detail: { version, run, publications } }: { readonly detail: ModelDetail }) {
  const { algorithm } = useAlgorithmNames();
  const live = publications.filter(({ state }) => state === "active");
  return (
    <Group gap={8} component="span">
      <span>
        {algorithm(run.algorithm)}, registered {formatDateTime(version.registeredAt)}
      </span>
      {live.map(({ id, targetId, targetName }) => (
        <Badge key={id} color="green" tt="none">
          Live on {targetTitle(targetId, targetName)}
        </Badge>
      ))}
      {version.aliases.map((alias) => (
        <Badge key={alias} variant="light" tt="none">
          {alias}
        </Badge>
      ))}
    </Group>
  );
}

function Actions({ detail: { version, run } }: { readonly detail: ModelDetail }) {
  const retire = useCommand("models.retire");
  const retired = version.retiredAt !== undefined;
  const change = () =>
    retire.mutate(
      { modelId: version.id, retired: !retired },
      {
        onSuccess: () => tellDone(retired ? "Restored." : "Retired. It is kept whole, under Retired."),
        onError: (error) => tellFailure("Nothing was changed", error),
      },
    );
  useCommands([
    {
      id: "model.retire",
      label: retired ? "Restore this version" : "Retire this version",
      group: "Models",
      run: change,
    },
  ]);
  return (
    <>
      <Button
        variant="default"
        leftSection={retired ? <IconArchiveOff size={15} aria-hidden /> : <IconArchive size={15} aria-hidden />}
        loading={retire.isPending}
        onClick={change}
      >
        {retired ? "Restore" : "Retire"}
      </Button>
      <LinkButton variant="default" to="/recommendations" search={{ run: [run.id] }}>
        See recommendations
      </LinkButton>
      {!retired && (
        <LinkButton to="/publish" search={{ run: run.refitOf ?? run.id }}>
          Publish
        </LinkButton>
      )}
    </>
  );
}

const tabs = ["card", "lineage", "bundle", "publications"] as const;

function Detail({ detail }: { readonly detail: ModelDetail }) {
  const { tab = "card" } = route.useSearch();
  const navigate = route.useNavigate();
  const { version, publications } = detail;
  return (
    <Stack gap="md">
      {version.retiredAt !== undefined && (
        <Alert color="gray" title="Retired">
          Out of use since {formatDateTime(version.retiredAt)}. Nothing of it was removed.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <AliasEditor version={version} />
        <WordsForm version={version} field="note" label="Notes" placeholder="What is worth knowing later" />
      </SimpleGrid>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          void navigate({
            search: (before) => ({ ...before, tab: tabs.find((name) => name === value) }),
            replace: true,
          })
        }
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="card">Card</Tabs.Tab>
          <Tabs.Tab value="lineage">Lineage</Tabs.Tab>
          <Tabs.Tab value="bundle">Bundle and Python</Tabs.Tab>
          <Tabs.Tab value="publications">Publications ({publications.length})</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="card">
          <ModelCardView detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="lineage">
          <ModelLineageView detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="bundle">
          <BundlePanel detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="publications">
          {publications.length === 0 ? (
            <Text size="sm" c="dimmed">
              It was never published.
            </Text>
          ) : (
            <PublicationsTable publications={publications} />
          )}
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
