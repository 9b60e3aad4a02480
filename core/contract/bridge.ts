/** A workspace that this app has had open, as its start screen lists it. */
export interface KnownWorkspace {
  readonly path: string;
  readonly name: string;
  /** ISO 8601. */
  readonly openedAt: string;
  /** Whether there is still a workspace at that place. */
  readonly present: boolean;
  readonly current: boolean;
}

/** The workspaces of the desktop. Only those it knows can be named; others are chosen in the system's own dialog. */
export interface DesktopWorkspaces {
  /** Last opened first. */
  list(): Promise<readonly KnownWorkspace[]>;
  /** Bytes of all its files; null where they cannot be counted in reasonable time. */
  bytes(path: string): Promise<number | null>;
  /** Closes this workspace (what runs stops at its last checkpoint) and opens that one, with the windows as they were left there. */
  open(path: string): Promise<void>;
  /** Likewise, with a folder chosen by the person. False when nothing was chosen, or what was chosen is no place for a workspace. */
  choose(purpose: "open" | "create"): Promise<boolean>;
  /** Takes it from the list. The folder stays. */
  forget(path: string): Promise<void>;
  /** Shows its folder in the system's file manager. */
  reveal(path: string): Promise<void>;
}

/** What the desktop's preload offers the renderer as `window.reelbench`, and nothing more. Absent in a browser. */
export interface DesktopBridge {
  /**
   * Asks for a channel to the engine. The port arrives as a `message` event on `window` whose data is
   * `enginePortMessage` and whose only port is the channel: a port cannot pass through the context bridge itself.
   */
  requestEnginePort(): void;
  /** The system's own dialog. Null when it was dismissed. */
  chooseFile(purpose: "ratings" | "items"): Promise<string | null>;
  /** Where a file that was dropped on the window lies; null for what is no file of this machine. */
  pathOfFile(file: unknown): string | null;
  /**
   * Prints a page without scripts and without anything from elsewhere into a PDF, where the person says in the system's
   * dialog. `name`: the file's, proposed. False when the dialog was dismissed.
   */
  savePdf(page: { readonly name: string; readonly html: string }): Promise<boolean>;
  /** A notice of the system, while the window is not looked at. A click on it brings the window to the front. */
  notify(notice: { readonly title: string; readonly body: string }): void;
  /** Commands chosen in the application menu, by the command palette's names. Returns the way to stop listening. */
  onMenuCommand(listener: (command: string) => void): () => void;
  readonly workspaces: DesktopWorkspaces;
  /** Another window on the same workspace, at this view. */
  newWindow(view: string): void;
  /** The end of what the desktop's own process and its children have said. */
  readLog(): Promise<string>;
  /** The keys of the menu's entries, as the person has them (`mod+i`; null: none), by the command palette's names. */
  setMenuKeys(keys: Readonly<Record<string, string | null>>): void;
  readonly platform: string;
  readonly versions: { readonly app: string; readonly electron: string };
}

export const enginePortMessage = "reelbench:engine-port";
