import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Group,
  Menu,
  Modal,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import type { Publication, Target } from "../../../../core/contract/entities.ts";
import type { TargetVersion } from "../../../../core/contract/publishing.ts";
import { Answer } from "../../components/feedback/answer.tsx";
import { ErrorPanel } from "../../components/feedback/error-panel.tsx";
import { tellDone, tellFailure } from "../../components/feedback/tell.ts";
import { formatBytes, formatShare } from "../../components/format/numbers.ts";
import { formatDateTime } from "../../components/format/times.ts";
import { TextLink } from "../../components/link-button.tsx";
import { useCommand, useQueryMethod } from "../../transport/hooks.ts";

const stateColors = { uploading: "petrol", ready: "petrol", active: "green", retired: "gray", failed: "red" } as const;
const stateLabels = {
  uploading: "Uploading",
  ready: "Ready",
  active: "Active",
  retired: "Retired",
  failed: "Failed",
} as const;

interface TargetVersionsProps {
  readonly target: Target;
  readonly publications: readonly Publication[];
}

/** What stands on the target: kept for going back, pinned, taken out of service, or about to be removed. */
export function TargetVersions({ target, publications }: TargetVersionsProps) {
  const versions = useQueryMethod("versions.list", { targetId: target.id });
  const [withdrawing, setWithdrawing] = useState<string | null>(null);
  return (
    <Card padding={0} component="section" aria-label="Versions on the target">
      <Title order={3} px="sm" py="xs">
        Versions on the target
      </Title>
      <Answer of={versions} height={120} errorTitle="The versions cannot be listed">
        {(known) =>
          known.length === 0 ? (
            <Text size="sm" c="dimmed" px="sm" pb="sm">
              None yet: each publication leaves one.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={680}>
              <Table fz="sm" aria-label="Versions on the target" style={{ whiteSpace: "nowrap" }}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Version</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th ta="right">Size</Table.Th>
                    <Table.Th>Made</Table.Th>
                    <Table.Th>Kept because</Table.Th>
                    <Table.Th w={40} aria-label="Actions" />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {known.map((version) => (
                    <VersionRow
                      key={version.version}
                      target={target}
                      version={version}
                      publication={publications.find((each) => each.version === version.version)}
                      onWithdraw={() => setWithdrawing(version.version)}
                    />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
      <Withdraw target={target} version={withdrawing} onClose={() => setWithdrawing(null)} />
    </Card>
  );
}

interface VersionRowProps {
  readonly target: Target;
  readonly version: TargetVersion;
  readonly publication: Publication | undefined;
  readonly onWithdraw: () => void;
}

function VersionRow({ target, version: known, publication, onWithdraw }: VersionRowProps) {
  const { version, state, bytes, createdAt, pinned, withdrawn, keptBecause, arrived, failure } = known;
  return (
    <Table.Tr>
      <Table.Td>
        {publication === undefined ? (
          version
        ) : (
          <TextLink to="/models/$modelId" params={{ modelId: publication.runId }}>
            {version}
          </TextLink>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <Badge color={stateColors[state]} title={failure ?? undefined}>
            {stateLabels[state]}
            {arrived === null ? "" : ` ${formatShare(arrived.chunks / Math.max(1, arrived.ofChunks))}`}
          </Badge>
          {pinned !== null && <Badge variant="light">Pinned</Badge>}
          {withdrawn !== null && (
            <Badge color="orange" title={withdrawn.reason}>
              Withdrawn
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td ta="right">{formatBytes(bytes)}</Table.Td>
      <Table.Td>{formatDateTime(createdAt)}</Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed" style={{ whiteSpace: "normal" }}>
          {keptBecause ?? "it would be removed"}
        </Text>
      </Table.Td>
      <Table.Td>
        <VersionMenu target={target} version={known} onWithdraw={onWithdraw} />
      </Table.Td>
    </Table.Tr>
  );
}

function VersionMenu({ target, version: known, onWithdraw }: Omit<VersionRowProps, "publication">) {
  const pin = useCommand("versions.pin");
  const restore = useCommand("versions.restore");
  const ids = { targetId: target.id, version: known.version };
  const told = (message: string) => ({
    onSuccess: () => tellDone(message),
    onError: (error: unknown) => tellFailure("Nothing was changed", error),
  });
  const pinned = known.pinned !== null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={`Actions for ${known.version}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() =>
            pin.mutate({ ...ids, pinned: !pinned }, told(pinned ? "Unpinned." : "Pinned: it is never removed."))
          }
        >
          {pinned ? "Unpin" : "Pin: never remove it"}
        </Menu.Item>
        {known.withdrawn === null ? (
          <Menu.Item disabled={known.state === "active"} onClick={onWithdraw}>
            Withdraw from service…
          </Menu.Item>
        ) : (
          <Menu.Item onClick={() => restore.mutate(ids, told("Restored: it may serve again."))}>Restore</Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface WithdrawProps {
  readonly target: Target;
  readonly version: string | null;
  readonly onClose: () => void;
}

function Withdraw({ target, version, onClose }: WithdrawProps) {
  const withdraw = useCommand("versions.withdraw");
  const [reason, setReason] = useState("");
  return (
    <Modal opened={version !== null} onClose={onClose} title={`Withdraw ${version ?? ""}?`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (version === null) return;
          withdraw.mutate(
            { targetId: target.id, version, reason: reason.trim() },
            {
              onSuccess: () => {
                tellDone(`${version} was withdrawn.`);
                onClose();
              },
            },
          );
        }}
      >
        <Stack gap="sm">
          <Text size="sm">It is kept, but nobody can put it into service or roll back to it until it is restored.</Text>
          <TextInput
            label="Reason"
            data-autofocus
            required
            maxLength={500}
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          {withdraw.error !== null && <ErrorPanel error={withdraw.error} title="It was not withdrawn" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red" loading={withdraw.isPending} disabled={reason.trim() === ""}>
              Withdraw
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
