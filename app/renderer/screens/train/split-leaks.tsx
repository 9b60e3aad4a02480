import { Alert, Badge, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconEye } from "@tabler/icons-react";

/** What a split lets a model see that it would not have had; or that nothing of the kind is known. */
export function Leaks({ leaks }: { readonly leaks: readonly string[] }) {
  if (leaks.length === 0) {
    return (
      <Group gap={6}>
        <Badge color="green" leftSection={<IconEye size={12} aria-hidden />}>
          No leak known
        </Badge>
      </Group>
    );
  }
  return (
    <Alert color="orange" p="xs" icon={<IconAlertTriangle size={16} />} title="This split leaks">
      {leaks.map((leak) => (
        <Text key={leak} size="sm">
          {leak}
        </Text>
      ))}
    </Alert>
  );
}
