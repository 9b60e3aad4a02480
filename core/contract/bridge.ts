/** What the desktop's preload offers the renderer as `window.reelbench`, and nothing more. Absent in a browser. */
export interface DesktopBridge {
  /**
   * Asks for a channel to the engine. The port arrives as a `message` event on `window` whose data is
   * `enginePortMessage` and whose only port is the channel: a port cannot pass through the context bridge itself.
   */
  requestEnginePort(): void;
  /** The system's own dialog. Null when it was dismissed. */
  chooseFile(purpose: "ratings" | "items"): Promise<string | null>;
  /** Commands chosen in the application menu, by the command palette's names. Returns the way to stop listening. */
  onMenuCommand(listener: (command: string) => void): () => void;
  readonly platform: string;
  readonly versions: { readonly app: string; readonly electron: string };
}

export const enginePortMessage = "reelbench:engine-port";
