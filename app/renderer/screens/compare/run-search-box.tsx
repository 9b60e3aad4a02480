import { Combobox, Group, Text, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { parseRunSearch, searchTokens } from "../../../../core/contract/run-search.ts";
import type { MethodOutput } from "../../../../core/contract/methods.ts";
import { suggestions } from "./search-completion.ts";

interface RunSearchBoxProps {
  readonly value: string;
  readonly onChange: (search: string) => void;
  readonly facets: MethodOutput<"runs.facets">;
}

/** Where runs are searched: completes while one types, and says what is wrong without losing what was found before. */
export function RunSearchBox({ value, onChange, facets }: RunSearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== told) {
    // Changed from outside: a saved view, the Back button.
    setTold(value);
    setTyped(value);
  }
  const tell = useDebouncedCallback((search: string) => {
    setTold(search);
    onChange(search);
  }, 150);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const parsed = parseRunSearch(typed);
  const problem = "problem" in parsed ? parsed.problem : null;
  const offered = suggestions(typed, facets);
  const change = (search: string, isWhole = false) => {
    setTyped(search);
    // Half a field's name would be looked for as a word, and nothing found, at every field that is typed.
    const isHalfTyped = !isWhole && endsInWord(search) && suggestions(search, facets).length > 0;
    if ("expression" in parseRunSearch(search) && !isHalfTyped) tell(search.trim());
  };
  return (
    <Combobox
      store={combobox}
      width={380}
      position="bottom-start"
      onOptionSubmit={(result) => {
        change(result);
        combobox.resetSelectedOption();
      }}
    >
      <Combobox.Target>
        <TextInput
          aria-label="Search runs"
          placeholder="algorithm = ials and ndcg@10 > 0.3"
          leftSection={<IconSearch size={14} aria-hidden />}
          value={typed}
          error={combobox.dropdownOpened ? problem !== null : problem}
          w={380}
          spellCheck={false}
          autoComplete="off"
          onChange={({ currentTarget }) => {
            change(currentTarget.value);
            combobox.openDropdown();
            combobox.resetSelectedOption();
          }}
          onClick={() => combobox.openDropdown()}
          onBlur={() => {
            change(typed, true);
            combobox.closeDropdown();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || combobox.getSelectedOptionIndex() !== -1) return;
            change(typed, true);
            combobox.closeDropdown();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offered.length === 0 && problem === null}>
        {problem !== null && (
          <Text size="xs" c="dimmed" p="xs" role="status">
            {problem}
          </Text>
        )}
        <Combobox.Options aria-label="What could come next">
          {offered.map(({ text, description, result }) => (
            <Combobox.Option key={text} value={result}>
              <Group justify="space-between" wrap="nowrap" gap="sm">
                <Text size="sm" ff="monospace" truncate>
                  {text}
                </Text>
                <Text size="xs" c="dimmed" truncate>
                  {description}
                </Text>
              </Group>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function endsInWord(search: string): boolean {
  const tokens = searchTokens(search);
  return tokens.at(-1)?.kind === "text" && tokens.at(-2)?.kind !== "operator" && !/\s$/u.test(search);
}
