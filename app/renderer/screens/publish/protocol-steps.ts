/** The publish protocol as a person follows it, in order, with the progress messages that belong to each step. */
export const protocolSteps = [
  {
    id: "prepare",
    label: "Prepare",
    meaning: "Reach the target, bring its schema up to date",
    messages: [/^Connecting/, /local (target|database)/i],
  },
  { id: "refit", label: "Refit", meaning: "Train again on all of the snapshot", messages: [] },
  {
    id: "gates",
    label: "Gates",
    meaning: "Metrics against the champion, coverage, overlap, integrity",
    messages: [/gates/i],
  },
  {
    id: "upload",
    label: "Upload",
    meaning: "Model in chunks, catalogue, what people have rated",
    messages: [/upload/i, /^Sending/],
  },
  { id: "checksum", label: "Checksum", meaning: "The target's SHA-256 equals ours", messages: [/checksum/i] },
  { id: "warm", label: "Warm", meaning: "Fill the cache under the new version's keys", messages: [/warming/i] },
  {
    id: "parity",
    label: "Parity",
    meaning: "The server's answers equal the workbench's, score by score",
    messages: [/^Comparing with/, /^The bundled server reads/],
  },
  {
    id: "switch",
    label: "Switch",
    meaning: "One row changes; servers follow between two requests",
    messages: [/^Switching/, /servers to switch/i, /No server is live/],
  },
] as const;

const refit = protocolSteps.findIndex(({ id }) => id === "refit");

/** Which step a progress message tells of. Training says many things; whatever is not known belongs to the refit. */
export function protocolStepOf(message: string | null): number {
  if (message === null) return 0;
  const found = protocolSteps.findIndex(({ messages }) => messages.some((pattern) => pattern.test(message)));
  return found === -1 ? refit : found;
}
