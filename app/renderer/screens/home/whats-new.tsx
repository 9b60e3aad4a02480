import { Button, Card, Group, List, Title } from "@mantine/core";
import { useState } from "react";
import changelog from "../../../../CHANGELOG.md?raw";
import { blocksOf } from "../help/markdown-text.ts";
import { Inline } from "../help/prose.tsx";

const few = 4;

/**
 * What the newest version's part of the changelog says, list by list (the workbench's own stands before the server's);
 * in each last written first, as nobody reads a list to its end.
 */
function newest(): { readonly title: string; readonly items: readonly string[] } {
  const blocks = blocksOf(changelog);
  const start = blocks.findIndex((block) => block.kind === "heading" && block.level === 2);
  const heading = blocks[start];
  const rest = blocks.slice(start + 1);
  const end = rest.findIndex((block) => block.kind === "heading" && block.level === 2);
  const items = (end === -1 ? rest : rest.slice(0, end)).flatMap((block) =>
    block.kind === "list" ? block.items.toReversed() : [],
  );
  return { title: heading?.kind === "heading" ? heading.text : "", items };
}

const { title, items } = newest();

export function WhatsNew() {
  const [all, setAll] = useState(false);
  if (items.length === 0) return null;
  return (
    <Card component="section" aria-label="What's new">
      <Group justify="space-between" mb="xs">
        <Title order={2}>What’s new: {title}</Title>
        {items.length > few && (
          <Button variant="subtle" size="compact-sm" mr={-8} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show less" : `All ${String(items.length)} changes`}
          </Button>
        )}
      </Group>
      <List size="sm" spacing={4}>
        {(all ? items : items.slice(0, few)).map((item) => (
          <List.Item key={item}>
            <Inline text={item} />
          </List.Item>
        ))}
      </List>
    </Card>
  );
}
