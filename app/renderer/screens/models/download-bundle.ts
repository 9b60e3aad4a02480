import type { Transport } from "../../../../core/contract/transport.ts";

/**
 * Fetches a version's archive piece by piece: one message with all of it would hold up everything else on the connection.
 * Rejects when aborted.
 */
export async function downloadBundle(
  transport: Transport,
  modelId: string,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (;;) {
    const { total, base64 } = await transport.request("models.download", { modelId, offset }, signal);
    const piece = fromBase64(base64);
    pieces.push(piece);
    offset += piece.length;
    onProgress(total === 0 ? 1 : offset / total);
    if (offset >= total || piece.length === 0) break;
  }
  return new Blob(pieces, { type: "application/x-tar" });
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
