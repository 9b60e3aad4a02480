import { Kbd } from "@mantine/core";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { shortcutLabel } from "./command.ts";
import { useCommandList } from "./commands-context.tsx";

export const [paletteStore, palette] = createSpotlight();

export function onApple(): boolean {
  return /mac|iphone|ipad/i.test(navigator.userAgent);
}

/** Every named command, found by typing. */
export function CommandPalette() {
  const commands = useCommandList();
  const groups = [...new Set(commands.map(({ group }) => group))];
  const apple = onApple();
  return (
    <Spotlight
      store={paletteStore}
      shortcut={null}
      attributes={{ content: { "aria-label": "Commands" } }}
      scrollable
      maxHeight={420}
      highlightQuery
      nothingFound="No such command"
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: "Type a command",
        "aria-label": "Type a command",
      }}
      actions={groups.map((group) => ({
        group,
        actions: commands
          .filter((command) => command.group === group)
          .map(({ id, label, shortcuts, keywords, run }) => ({
            id,
            label,
            keywords: [...(keywords ?? [])],
            onClick: run,
            ...(shortcuts === undefined ? {} : { rightSection: <Shortcuts shortcuts={shortcuts} apple={apple} /> }),
          })),
      }))}
    />
  );
}

/** All the keys of one command. */
export function Shortcuts({ shortcuts, apple }: { readonly shortcuts: readonly string[]; readonly apple: boolean }) {
  return (
    <span style={{ display: "inline-flex", gap: 6 }}>
      {shortcuts.map((shortcut) => (
        <Kbd key={shortcut} size="xs">
          {shortcutLabel(shortcut, apple)}
        </Kbd>
      ))}
    </span>
  );
}
