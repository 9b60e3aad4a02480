import { Button, Menu } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import { tellDone, tellFailure } from "../feedback/tell.ts";
import { formatQuantity } from "../format/numbers.ts";
import { copyFormats, tableAs } from "./copy-as.ts";
import type { CopyFormat, TextTable } from "./copy-as.ts";

interface CopyMenuProps {
  /** Called when a format was chosen, so that nothing is put together before it is wanted. */
  readonly table: () => TextTable | Promise<TextTable>;
  readonly label?: string;
}

export function CopyMenu({ table, label = "Copy as" }: CopyMenuProps) {
  const copy = async (format: CopyFormat) => {
    try {
      const content = await table();
      await navigator.clipboard.writeText(tableAs(format, content));
      tellDone(`Copied ${formatQuantity(content.rows.length, "row")} as ${format.toUpperCase()}.`);
    } catch (error) {
      tellFailure("Nothing was copied", error);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />}>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {copyFormats.map(({ value, label: formatLabel }) => (
          <Menu.Item key={value} onClick={() => void copy(value)}>
            {formatLabel}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
