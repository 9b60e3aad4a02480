import { strToU8, zipSync } from "fflate";
import type { DesktopBridge } from "../../../../core/contract/bridge.ts";
import { redactor } from "../../../../core/contract/redaction.ts";
import type { Transport } from "../../../../core/contract/transport.ts";

export interface ReportFile {
  readonly name: string;
  readonly text: string;
}

/** Everything a report holds, redacted: by one redactor, so that one file has one stand-in throughout. */
export async function gatherReport(transport: Transport, bridge: DesktopBridge | null): Promise<readonly ReportFile[]> {
  const { files } = await transport.request("diagnostics.get", {});
  const ours = {
    front: bridge === null ? "browser" : "desktop",
    versions: bridge?.versions ?? null,
    userAgent: navigator.userAgent,
    language: navigator.language,
    window: { width: window.innerWidth, height: window.innerHeight, pixelRatio: window.devicePixelRatio },
    // Ids in it are of this workspace and say nothing elsewhere.
    place: window.location.hash.replace(/\?.*$/, ""),
    madeAt: new Date().toISOString(),
  };
  const all: ReportFile[] = [...files, { name: "interface.json", text: JSON.stringify(ours, null, 2) }];
  if (bridge !== null) all.push({ name: "desktop-log.txt", text: await bridge.readLog() });
  const { redact } = redactor();
  return all.map(({ name, text }) => ({ name, text: redact(text) }));
}

export function zipOf(files: readonly ReportFile[]): Uint8Array<ArrayBuffer> {
  const zipped = zipSync(Object.fromEntries(files.map(({ name, text }) => [name, strToU8(text)])));
  return new Uint8Array(zipped);
}
