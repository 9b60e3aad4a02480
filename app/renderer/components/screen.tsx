import { Box, Group, Text, Title } from "@mantine/core";
import { useDeferredValue } from "react";
import type { ReactNode } from "react";

interface ScreenProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  /** Above the title: the way back. */
  readonly crumbs?: ReactNode;
  readonly children: ReactNode;
  /** Widest the content gets; tables and charts want it all. */
  readonly width?: number | string;
}

/**
 * The frame every screen shares: one heading, its actions at the right, the content below. The heading is there at once, the
 * content is drawn after it, in pieces between which the page answers.
 */
export function Screen({ title, subtitle, actions, crumbs, children, width = 2200 }: ScreenProps) {
  const isDrawn = useDeferredValue(true, false);
  return (
    <Box px={{ base: "md", lg: "xl" }} py="lg" maw={width}>
      {crumbs}
      <Group justify="space-between" align="flex-end" mb="md" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Title order={1}>{title}</Title>
          {subtitle !== undefined && (
            <Text c="dimmed" size="sm" component="div">
              {subtitle}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {isDrawn && children}
    </Box>
  );
}
