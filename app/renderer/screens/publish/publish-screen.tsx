import { Button, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Target } from "../../../../core/contract/entities.ts";
import { useCommands } from "../../components/commands/commands-context.tsx";
import { Answer } from "../../components/feedback/answer.tsx";
import { Screen } from "../../components/screen.tsx";
import { useQueryMethod } from "../../transport/hooks.ts";
import { BundledServer } from "./bundled-server.tsx";
import { Experiments } from "./experiments.tsx";
import { LiveNow } from "./live-now.tsx";
import { ProductionCharts } from "./production-metrics.tsx";
import { PublishForm } from "./publish-form.tsx";
import styles from "./publish.module.css";
import { TargetList } from "./target-list.tsx";
import { TargetModal } from "./target-modal.tsx";
import { useTargetStatus } from "./use-target-status.ts";

const route = getRouteApi("/publish");

export function PublishScreen() {
  const targets = useQueryMethod("targets.list", {});
  const [adding, setAdding] = useState(false);
  useCommands([{ id: "target.add", label: "Add a publish target…", group: "Publish", run: () => setAdding(true) }]);
  return (
    <Screen
      title="Publish"
      subtitle="Put a model on a server, proved to answer as it was evaluated, and go back with one click."
      actions={
        <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
          Add target
        </Button>
      }
    >
      <Answer of={targets} height={320}>
        {(known) => <TargetsAndDetail targets={known} />}
      </Answer>
      <TargetModal opened={adding} target={null} onClose={() => setAdding(false)} />
    </Screen>
  );
}

function TargetsAndDetail({ targets }: { readonly targets: readonly Target[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = targets.find(({ id }) => id === search.target) ?? targets[0];
  return (
    <div className={styles["layout"]}>
      <TargetList
        targets={targets}
        chosenId={chosen?.id}
        onChoose={(target) => void navigate({ search: (before) => ({ ...before, target }), replace: true })}
      />
      {chosen !== undefined && <TargetDetail key={chosen.id} target={chosen} runId={search.run} />}
    </div>
  );
}

function TargetDetail({ target, runId }: { readonly target: Target; readonly runId: string | undefined }) {
  const status = useTargetStatus(target);
  return (
    <Stack gap="md" style={{ minWidth: 0 }}>
      <PublishForm target={target} runId={runId} />
      <LiveNow target={target} status={status} />
      <BundledServer target={target} />
      <ProductionCharts target={target} />
      <Experiments target={target} asked={status.asked} />
    </Stack>
  );
}
