import { BrowserWindow, session } from "electron";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Prints a page in a window that nobody sees, in a session of its own which runs no scripts and loads nothing but that page.
 * Returns the PDF: A4, with page numbers.
 */
export async function printedPdf(html: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "reelbench-print-"));
  const file = join(folder, "page.html");
  const alone = session.fromPartition(`print-${folder}`, { cache: false });
  const url = pathToFileURL(file).href;
  alone.webRequest.onBeforeRequest((details, answer) => answer({ cancel: details.url !== url }));
  alone.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session: alone, javascript: false, sandbox: true, contextIsolation: true, images: false },
  });
  try {
    await writeFile(file, html, { mode: 0o600 });
    await window.loadFile(file);
    return await window.webContents.printToPDF({
      pageSize: "A4",
      printBackground: true,
      generateTaggedPDF: true,
      margins: { top: 0.6, bottom: 0.6, left: 0.5, right: 0.5 },
      displayHeaderFooter: true,
      headerTemplate: "<span></span>",
      footerTemplate:
        '<div style="font: 8px sans-serif; width: 100%; text-align: center; color: #56616c"><span class="pageNumber"></span> / <span class="totalPages"></span></div>',
    });
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
