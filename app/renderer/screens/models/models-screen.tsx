import { Button, Group, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { IconArrowsDiff, IconBox, IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { ModelEntry } from "../../../../core/contract/model-versions.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { EmptyState } from "../../components/feedback/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { Candidates } from "./candidates.tsx";
import { VersionsTable } from "./versions-table.tsx";

const route = getRouteApi("/models");

/** The registry: every version that was published or registered, and the saved models that could be. */
export function ModelsScreen() {
  const { show = "current", q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const versions = useQueryMethod("models.list", {});
  const candidates = useQueryMethod("models.candidates", {});
  const field = useRef<HTMLInputElement>(null);
  useCommands([
    {
      id: "models.search",
      label: "Search models",
      group: "Models",
      shortcuts: ["/"],
      run: () => field.current?.focus(),
    },
  ]);
  const count = (number: number | undefined) => (number === undefined ? "" : ` (${String(number)})`);
  const retired = versions.data?.filter(({ version }) => version.retiredAt !== undefined);
  return (
    <Screen title="Models" subtitle="What was published or registered, where it is live, and what it was learnt from.">
      <Stack gap="md">
        <Group gap="sm">
          <SegmentedControl
            aria-label="Which models"
            value={show}
            onChange={(value) =>
              void navigate({ search: (before) => ({ ...before, show: asShown(value) }), replace: true })
            }
            data={[
              {
                value: "current",
                label: `Versions${count(versions.data === undefined ? undefined : versions.data.length - (retired?.length ?? 0))}`,
              },
              { value: "retired", label: `Retired${count(retired?.length)}` },
              { value: "candidates", label: `Candidates${count(candidates.data?.total)}` },
            ]}
          />
          <TextInput
            ref={field}
            aria-label="Search models"
            placeholder="Name, alias, algorithm, target…"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={q}
            w={300}
            onChange={({ currentTarget: { value } }) =>
              void navigate({
                search: (before) => ({ ...before, q: value === "" ? undefined : value }),
                replace: true,
              })
            }
          />
        </Group>
        {show === "candidates" ? (
          <Answer of={candidates} height={240}>
            {({ rows, total }) => <Candidates rows={rows} total={total} filter={q} />}
          </Answer>
        ) : (
          <Answer of={versions} height={240}>
            {(known) => (
              <Versions
                key={show}
                entries={known.filter(({ version }) => (version.retiredAt !== undefined) === (show === "retired"))}
                filter={q}
                retired={show === "retired"}
              />
            )}
          </Answer>
        )}
      </Stack>
    </Screen>
  );
}

type Shown = "current" | "retired" | "candidates";
const asShown = (value: string): Shown | undefined =>
  value === "retired" || value === "candidates" ? value : undefined;

interface VersionsProps {
  readonly entries: readonly ModelEntry[];
  readonly filter: string;
  readonly retired: boolean;
}

function Versions({ entries, filter, retired }: VersionsProps) {
  const navigate = route.useNavigate();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chosen = entries.filter(({ version }) => selected.has(version.id)).map(({ version }) => version.id);
  if (entries.length === 0) return <NoVersions retired={retired} />;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<IconArrowsDiff size={15} aria-hidden />}
          disabled={chosen.length !== 2}
          onClick={() => void navigate({ to: "/models/compare", search: { model: chosen.toReversed() } })}
        >
          {chosen.length === 2 ? "Compare the two" : "Compare (choose two)"}
        </Button>
      </Group>
      <VersionsTable
        entries={entries}
        filter={filter}
        selected={selected}
        onSelect={setSelected}
        onOpen={({ version }) => void navigate({ to: "/models/$modelId", params: { modelId: version.id } })}
      />
    </Stack>
  );
}

function NoVersions({ retired }: { readonly retired: boolean }) {
  if (retired) {
    return (
      <EmptyState icon={IconBox} title="Nothing is retired">
        A version that is out of use can be retired on its page. It is kept whole and can be restored.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconBox}
      title="No version yet"
      actions={
        <>
          <LinkButton to="/publish">Publish a model</LinkButton>
          <LinkButton variant="default" to="/models" search={{ show: "candidates" }}>
            Register a candidate
          </LinkButton>
        </>
      }
    >
      A model becomes a version when it is published, or when you register it here. Versions have numbers, aliases, a
      card and the way back to the file they were learnt from.
    </EmptyState>
  );
}
