import { Code, List, Table, Text } from "@mantine/core";
import { piecesOf } from "./markdown-text.ts";
import type { Block } from "./markdown-text.ts";

/** A line of one of our documents. */
export function Inline({ text }: { readonly text: string }) {
  return piecesOf(text).map((piece, index) => {
    // Pieces of a fixed text never change their places.
    const key = `${String(index)}${piece.text}`;
    if (piece.kind === "code") return <Code key={key}>{piece.text}</Code>;
    return piece.kind === "strong" ? <strong key={key}>{piece.text}</strong> : <span key={key}>{piece.text}</span>;
  });
}

export function Prose({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => <Piece key={`${String(index)}${block.kind}`} block={block} />);
}

function Piece({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case "heading":
      return null;
    case "paragraph":
      return (
        <Text size="sm" mb="xs" maw={820}>
          <Inline text={block.text} />
        </Text>
      );
    case "list":
      return (
        <List size="sm" mb="xs" maw={820} spacing={4}>
          {block.items.map((item) => (
            <List.Item key={item}>
              <Inline text={item} />
            </List.Item>
          ))}
        </List>
      );
    case "table":
      return (
        <Table.ScrollContainer minWidth={560} mb="xs">
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                {block.header.map((title) => (
                  <Table.Th key={title}>
                    <Inline text={title} />
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {block.rows.map((row) => (
                <Table.Tr key={row.join("|")}>
                  {row.map((cell, index) => (
                    <Table.Td key={`${String(index)}${cell}`}>
                      <Inline text={cell} />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      );
  }
}
