import { Alert, Group, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRosetteDiscountCheck } from "@tabler/icons-react";
import { z } from "zod";
import { gateResult, parityResult } from "../../../../core/contract/entities.ts";
import type { ParityResult } from "../../../../core/contract/entities.ts";
import type { ReelbenchError } from "../../../../core/contract/errors.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { formatCount, formatGeneral, formatQuantity } from "../../components/format/numbers.ts";
import { PassedIcon } from "./target-test.tsx";

type Gates = MethodOutput<"publish.run">["gates"];

interface PublishOutcomeProps {
  readonly result: MethodOutput<"publish.run"> | null;
  readonly error: ReelbenchError | null;
}

/** What came of it: version, gates with their reasons, the proof of parity; or why it stopped. */
export function PublishOutcome({ result, error }: PublishOutcomeProps) {
  if (error !== null) return <Stopped error={error} />;
  if (result === null) return null;
  return (
    <Alert color="green" icon={<IconRosetteDiscountCheck size={20} />} title={`Version ${result.version} is live`}>
      <Stack gap="xs">
        <Parity parity={result.parity} />
        <GateList gates={result.gates} />
        {(result.warnings ?? []).map((warning) => (
          <Group key={warning} gap={8} wrap="nowrap" align="flex-start" role="group" aria-label="Warning">
            <IconAlertTriangle size={17} color="var(--rb-warn)" style={{ flex: "none", marginTop: 2 }} />
            <Text size="sm">{warning}</Text>
          </Group>
        ))}
      </Stack>
    </Alert>
  );
}

const gateDetails = z.object({ gates: z.array(gateResult) });
const parityDetails = z.object({ parity: parityResult });

function Stopped({ error }: { readonly error: ReelbenchError }) {
  const gates = gateDetails.safeParse(error.details);
  const parity = parityDetails.safeParse(error.details);
  return (
    <Stack gap="xs">
      <ErrorPanel error={error} />
      {gates.success && <GateList gates={gates.data.gates} />}
      {parity.success && <Parity parity={parity.data.parity} />}
    </Stack>
  );
}

export function GateList({ gates }: { readonly gates: Gates }) {
  return (
    <List size="sm" spacing={4} center aria-label="Gates">
      {gates.map(({ gate, passed, reason }) => (
        <List.Item key={gate} icon={<PassedIcon passed={passed} />}>
          <Group gap={6} wrap="nowrap" align="baseline">
            <Text size="sm" fw={600} tt="capitalize" w={84} style={{ flex: "none" }}>
              {gate}
            </Text>
            <Text size="sm">{reason}</Text>
          </Group>
        </List.Item>
      ))}
    </List>
  );
}

export function Parity({ parity }: { readonly parity: ParityResult }) {
  const who =
    parity.answeredBy === "live"
      ? formatQuantity(parity.servers, "live server")
      : "the bundled server, because none was live";
  return (
    <Text size="sm">
      Parity: of {formatQuantity(parity.probes, "user")} asked for, {formatCount(parity.compared)} lists were compared
      score by score with {who}: {formatQuantity(parity.mismatches, "mismatch", "mismatches")}, largest difference{" "}
      {formatGeneral(parity.largestDifference)}.
    </Text>
  );
}
