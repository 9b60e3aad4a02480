import { Button, Group, TextInput } from "@mantine/core";
import { IconFolderOpen } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { desktopBridge } from "../../transport/electron.ts";
import { droppedPaths } from "../../components/files/dropped-path.ts";
import { FileBrowser } from "./file-browser.tsx";

const examples = {
  ratings: "/data/ml-100k/u.data",
  items: "/data/ml-100k/u.item",
  users: "/data/ml-100k/u.user",
  tags: "/data/ml-latest-small/tags.csv",
} as const;

interface FileFieldProps {
  readonly label: string;
  readonly description?: string;
  readonly purpose: keyof typeof examples;
  readonly path: string;
  readonly onPath: (path: string) => void;
  /** Whether it is what the person came for. */
  readonly focusAtStart?: boolean;
}

/** A path: typed, dropped, or chosen in the system's dialog or our own. */
export function FileField({ label, description, purpose, path, onPath, focusAtStart = false }: FileFieldProps) {
  const [typed, setTyped] = useState(path);
  const [seen, setSeen] = useState(path);
  const [browsing, setBrowsing] = useState(false);
  const [dropHint, setDropHint] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focusAtStart) input.current?.focus();
  }, [focusAtStart]);
  if (seen !== path) {
    setSeen(path);
    setTyped(path);
  }
  const choose = (chosen: string) => {
    setBrowsing(false);
    setDropHint(null);
    setTyped(chosen);
    onPath(chosen);
  };
  const browse = async () => {
    const bridge = desktopBridge();
    if (bridge === null) {
      setBrowsing(true);
      return;
    }
    const chosen = await bridge.chooseFile(purpose === "ratings" ? "ratings" : "items");
    if (chosen !== null) choose(chosen);
  };
  const drop = (event: React.DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    const [dropped] = droppedPaths(event.dataTransfer, desktopBridge());
    if (dropped === undefined) setDropHint("A dropped file does not say where it lies. Use Browse, or paste its path.");
    else choose(dropped);
  };
  return (
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          label={label}
          description={description}
          placeholder={examples[purpose]}
          value={typed}
          ref={input}
          spellCheck={false}
          error={dropHint}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          onBlur={() => typed !== path && onPath(typed.trim())}
          onKeyDown={(event) => {
            if (event.key === "Enter") onPath(typed.trim());
          }}
        />
        <Button variant="default" leftSection={<IconFolderOpen size={15} aria-hidden />} onClick={() => void browse()}>
          Browse…
        </Button>
      </Group>
      <FileBrowser opened={browsing} onClose={() => setBrowsing(false)} onChoose={choose} />
    </div>
  );
}
