import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { app, dialog, ipcMain, MessageChannelMain, Notification } from "electron";
import type { BrowserWindow, IpcMainEvent, IpcMainInvokeEvent, MessagePortMain, WebContents } from "electron";
import { z } from "zod";
import { enginePortMessage } from "../../core/contract/bridge.ts";
import { channels } from "./ipc-channels.ts";
import { isTrustedSender } from "./policies/sender.ts";
import { printedPdf } from "./print-pdf.ts";

interface IpcOptions {
  /** The window of ours that a page belongs to. */
  readonly owning: (contents: WebContents) => BrowserWindow | null;
  /** Takes the engine's end of a new channel. */
  readonly connect: (port: MessagePortMain) => void;
  readonly log: (message: string) => void;
}

const purpose = z.enum(["ratings", "items"]);

const notice = z.object({ title: z.string().min(1).max(200), body: z.string().max(500) });

const printed = z.object({
  name: z
    .string()
    .max(120)
    .regex(/^[a-z0-9][a-z0-9-]*\.pdf$/, "A plain name of a PDF."),
  html: z.string().min(1).max(20_000_000),
});

const dialogTitles: Readonly<Record<z.infer<typeof purpose>, string>> = {
  ratings: "Choose a file of ratings",
  items: "Choose a file of titles",
};

export type Trusted = (event: IpcMainEvent | IpcMainInvokeEvent, channel: string) => BrowserWindow | null;

/** Tells the window of ours whose page sent a message, or null, noted, where nobody of ours did. */
export function trustedSenders({ owning, log }: Pick<IpcOptions, "owning" | "log">): Trusted {
  return (event, channel) => {
    const ours = owning(event.sender);
    if (ours !== null && isTrustedSender(event.senderFrame)) return ours;
    log(`a message "${channel}" came from somewhere else (${event.senderFrame?.url ?? "a frame that is gone"})`);
    return null;
  };
}

/** Answers the preload. Every message is checked twice: who sends it, and what it carries. */
export function answerRenderer(trusted: Trusted, connect: IpcOptions["connect"]): void {
  ipcMain.on(channels.requestEnginePort, (event, ...given: unknown[]) => {
    if (trusted(event, channels.requestEnginePort) === null || given.length > 0) return;
    const { port1, port2 } = new MessageChannelMain();
    connect(port1);
    event.senderFrame?.postMessage(enginePortMessage, null, [port2]);
  });

  ipcMain.on(channels.notify, (event, ...given: unknown[]) => {
    const ours = trusted(event, channels.notify);
    const told = z.tuple([notice]).safeParse(given);
    // Who looks at the window sees it there; and not every desktop has a place for notices.
    if (ours === null || !told.success || ours.isFocused() || !Notification.isSupported()) return;
    const shown = new Notification({ ...told.data[0], silent: true });
    shown.on("click", () => {
      if (ours.isDestroyed()) return;
      if (ours.isMinimized()) ours.restore();
      ours.show();
    });
    shown.show();
  });

  ipcMain.handle(channels.chooseFile, async (event, ...given: unknown[]) => {
    const ours = trusted(event, channels.chooseFile);
    if (ours === null) throw new Error("This page may not open dialogs.");
    const [chosenPurpose] = z.tuple([purpose]).parse(given);
    const { canceled, filePaths } = await dialog.showOpenDialog(ours, {
      title: dialogTitles[chosenPurpose],
      properties: ["openFile"],
    });
    return canceled ? null : (filePaths[0] ?? null);
  });

  ipcMain.handle(channels.savePdf, async (event, ...given: unknown[]) => {
    const ours = trusted(event, channels.savePdf);
    if (ours === null) throw new Error("This page may not save files.");
    const [{ name, html }] = z.tuple([printed]).parse(given);
    const { canceled, filePath } = await dialog.showSaveDialog(ours, {
      title: "Save the report",
      defaultPath: join(app.getPath("documents"), name),
      filters: [{ name: "PDF", extensions: ["pdf"] }],
    });
    if (canceled || filePath === "") return false;
    await writeFile(filePath, await printedPdf(html));
    return true;
  });
}
