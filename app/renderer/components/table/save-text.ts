/** Hands a file to the person: the browser's download, or the desktop's save dialog. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the blob by the time the next task runs.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function saveText(name: string, mediaType: string, content: string): void {
  saveBlob(name, new Blob([content], { type: `${mediaType};charset=utf-8` }));
}

/** "NDCG@10 by run" → "ndcg-10-by-run". */
export function fileNameFor(title: string): string {
  return (
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "reelbench"
  );
}
