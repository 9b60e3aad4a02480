import { Alert, Button, Code, CopyButton, Group, List, Stack, Text } from "@mantine/core";
import type { PrivilegeReport } from "../../../../core/contract/publishing.ts";

/** What the role lacks and what it has too much of, with the statements that would set it right. */
export function Privileges({ report }: { readonly report: PrivilegeReport }) {
  const lacking = report.needed.filter(({ missing }) => missing.length > 0);
  if (lacking.length === 0 && report.excess.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The role {report.role} may do what publishing needs, and no more.
      </Text>
    );
  }
  return (
    <Alert
      color={lacking.length > 0 ? "red" : "yellow"}
      title={
        lacking.length > 0
          ? `The role ${report.role} lacks privileges`
          : `The role ${report.role} may do more than it needs`
      }
    >
      <Stack gap="xs">
        <List size="sm">
          {lacking.map(({ object, missing }) => (
            <List.Item key={object}>
              {missing.join(", ")} on {object}
            </List.Item>
          ))}
          {report.excess.map((excess) => (
            <List.Item key={excess}>Too much: {excess}</List.Item>
          ))}
        </List>
        {report.grants.length > 0 && (
          <>
            <Group justify="space-between">
              <Text size="sm">An administrator would run this, so that it may do exactly what it has to:</Text>
              <CopyButton value={report.grants.join("\n")}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="default" onClick={copy}>
                    {copied ? "Copied" : "Copy"}
                  </Button>
                )}
              </CopyButton>
            </Group>
            <Code block mah={180} style={{ overflow: "auto" }} tabIndex={0} aria-label="Statements">
              {report.grants.join("\n")}
            </Code>
          </>
        )}
      </Stack>
    </Alert>
  );
}
