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
  /** A notice of the system, while the window is not looked at. A click on it brings the window to the front. */
  notify(notice: { readonly title: string; readonly body: string }): void;
  /** Commands chosen in the application menu, by the command palette's names. Returns the way to stop listening. */
  onMenuCommand(listener: (command: string) => void): () => void;
  readonly platform: string;
  readonly versions: { readonly app: string; readonly electron: string };
}

export const enginePortMessage = "reelbench:engine-port";
