import { createContext, use, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { desktopBridge } from "../../transport/electron.ts";
import type { Command } from "./command.ts";
import { keyMap, menuKeysOf, withOwnKeys } from "./key-map.ts";
import { createKeySequence } from "./key-sequence.ts";

interface CommandRegistry {
  /** Returns the way to take them away again. */
  register(commands: readonly Command[]): () => void;
  list(): readonly Command[];
  subscribe(listener: () => void): () => void;
}

function createRegistry(): CommandRegistry {
  const sets = new Set<readonly Command[]>();
  const listeners = new Set<() => void>();
  let all: readonly Command[] = [];
  const refresh = () => {
    all = [...sets].flat().map((command) => withOwnKeys(command, keyMap.get()));
    for (const listener of listeners) listener();
  };
  keyMap.subscribe(refresh);
  return {
    register(commands) {
      sets.add(commands);
      refresh();
      return () => {
        sets.delete(commands);
        refresh();
      };
    },
    list: () => all,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const CommandsContext = createContext<CommandRegistry | null>(null);

function useRegistry(): CommandRegistry {
  const registry = use(CommandsContext);
  if (registry === null) throw new Error("Commands need a CommandsProvider above them");
  return registry;
}

export function useCommandList(): readonly Command[] {
  const registry = useRegistry();
  return useSyncExternalStore(registry.subscribe, registry.list);
}

/** Makes these commands known while the component is shown. They are told apart by id, so closures may change freely. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useRegistry();
  const run = useEffectEvent((id: string) => commands.find((command) => command.id === id)?.run());
  const signature = JSON.stringify(
    commands.map(({ id, label, group, shortcuts, keywords }) => ({ id, label, group, shortcuts, keywords })),
  );
  useEffect(() => {
    const described = JSON.parse(signature) as readonly Omit<Command, "run">[];
    return registry.register(described.map((command) => ({ ...command, run: () => run(command.id) })));
  }, [registry, signature]);
}

export function CommandsProvider({ children }: { readonly children: ReactNode }) {
  const [registry] = useState(createRegistry);
  useEffect(() => listenToKeys(registry), [registry]);
  useEffect(
    () =>
      desktopBridge()?.onMenuCommand((id) =>
        registry
          .list()
          .find((command) => command.id === id)
          ?.run(),
      ),
    [registry],
  );
  useEffect(() => {
    const tellMenu = () => desktopBridge()?.setMenuKeys(menuKeysOf(keyMap.get()));
    tellMenu();
    return keyMap.subscribe(tellMenu);
  }, []);
  return <CommandsContext value={registry}>{children}</CommandsContext>;
}

function listenToKeys(registry: CommandRegistry): () => void {
  const sequence = createKeySequence(() => registry.list().flatMap(({ shortcuts }) => shortcuts ?? []));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const chorded = event.ctrlKey || event.metaKey;
    if (!chorded && isTyping(event.target)) return;
    const shortcut = sequence.press(event, event.timeStamp);
    if (shortcut === null) return;
    const command = registry.list().find((candidate) => candidate.shortcuts?.includes(shortcut) === true);
    if (command === undefined) return;
    event.preventDefault();
    command.run();
  };
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}

/** Keys that write somewhere are not shortcuts. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
