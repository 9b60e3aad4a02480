import type { Socket } from "node:net";
import { STATUS_CODES } from "node:http";
import { ReelbenchError } from "../../core/contract/errors.ts";
import { newRequestId } from "./exchange.ts";
import { problemContentType, toProblem } from "./problem.ts";

/** How long is listened to somebody who still sends what was refused: closing at once would take the answer back (RFC 9112, 9.6). */
const lingerMs = 2_000;
const lingerBytes = 2 ** 20;

/** Answers what is no HTTP, or has too long a head, where no request ever came to be; for the event `clientError`. */
export function refuseUnparsed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, problem } = problemOf(error.code);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: ${problemContentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  );
  let left = lingerBytes;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.removeAllListeners("data");
  socket.on("data", (part: Buffer) => {
    left -= part.length;
    if (left < 0) socket.destroy();
  });
  socket.once("error", () => socket.destroy());
  socket.once("close", () => clearTimeout(timer));
  socket.resume();
}

function problemOf(code: string | undefined) {
  const refused =
    code === "HPE_HEADER_OVERFLOW"
      ? new ReelbenchError("RB_HEAD_TOO_LARGE")
      : new ReelbenchError("RB_INVALID_INPUT", "This is no HTTP request.");
  const problem = toProblem(refused, newRequestId());
  // A head that trickled in for too long has a status of its own (RFC 9110, 15.5.9).
  return code === "ERR_HTTP_REQUEST_TIMEOUT"
    ? { status: 408, problem: { ...problem, status: 408, detail: "The request did not arrive in time." } }
    : { status: problem.status, problem };
}
