import { connect } from "node:net";
import type { Socket } from "node:net";

export interface Answer {
  /** 0: none came, and the connection ended. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const none: Answer = { status: 0, head: "", body: "" };

/** A connection on which requests are sent one behind the other without waiting (pipelined), made anew when it ends. */
export function createLine(port: number): {
  /** As many answers. What a connection that ended left unanswered is asked once more, each by itself. */
  send(requests: readonly Buffer[]): Promise<Answer[]>;
  close(): void;
} {
  let socket: Socket | null = null;

  async function attempt(requests: readonly Buffer[]): Promise<Answer[]> {
    if (socket === null || socket.destroyed) socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const mine = socket;
    return new Promise((resolve) => {
      const answers: Answer[] = [];
      let held: Buffer = Buffer.alloc(0);
      const finish = () => {
        mine.removeAllListeners();
        mine.on("error", () => undefined);
        if (answers.length < requests.length || /\r\nconnection: close/i.test(answers.at(-1)?.head ?? ""))
          mine.destroy();
        resolve(answers);
      };
      mine.on("data", (part) => {
        held = held.length === 0 ? part : Buffer.concat([held, part]);
        for (let taken = takeAnswer(held); taken !== null; taken = takeAnswer(held)) {
          held = held.subarray(taken.bytes);
          answers.push(taken.answer);
          if (answers.length === requests.length) return finish();
        }
      });
      mine.once("error", finish);
      mine.once("close", finish);
      mine.write(Buffer.concat(requests));
    });
  }

  return {
    async send(requests) {
      const answers = await attempt(requests);
      if (requests.length === 1 && answers.length === 0) answers.push(...(await attempt(requests)));
      for (const request of requests.slice(answers.length))
        answers.push(requests.length === 1 ? none : ((await this.send([request]))[0] ?? none));
      return answers;
    },
    close: () => socket?.destroy(),
  };
}

function takeAnswer(held: Buffer): { readonly answer: Answer; readonly bytes: number } | null {
  const end = held.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = held.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const length = status === 304 || status === 204 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const bytes = end + 4 + length;
  if (held.length < bytes) return null;
  return { answer: { status, head, body: status >= 400 ? held.toString("utf8", end + 4, bytes) : "" }, bytes };
}
