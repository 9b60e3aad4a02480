import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A service as seen through a wire that can fail in the ways wires do, and be mended. */
export interface TcpProxy {
  readonly port: number;
  /** Ends all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Everything arrives so many milliseconds late, both ways. */
  delay(milliseconds: number): void;
  /** Nothing passes and nothing is refused; what was sent meanwhile arrives when it is mended. */
  freeze(): void;
  /** The connections there are go dead without a word (half open): the service loses them, the client is not told. New ones pass. */
  abandon(): void;
  /** Every connection, and every new one, breaks off after so many more bytes from the service. */
  tear(bytes: number): void;
  /** For a service that was started again on another port: where new connections go. */
  retarget(port: number): void;
  /** All of that is over. What was abandoned or torn stays so. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  abandoned: boolean;
  /** Bytes from the service until it breaks off. */
  left: number;
  /** What a frozen wire holds. */
  readonly held: (() => void)[];
}

export async function tcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  let { port: targetPort } = target;
  let late = 0;
  let frozen = false;
  let bytesLeft = Number.POSITIVE_INFINITY;

  const end = (connection: Connection) => {
    connections.delete(connection);
    connection.client.destroy();
    connection.upstream.destroy();
  };

  function pass(connection: Connection, to: Socket, data: Buffer): void {
    if (connection.abandoned || to.destroyed) return;
    if (to === connection.client) {
      if (data.length > connection.left) {
        to.write(data.subarray(0, connection.left), () => end(connection));
        connection.left = 0;
        return;
      }
      connection.left -= data.length;
    }
    const from = to === connection.client ? connection.upstream : connection.client;
    if (!to.write(data)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }

  function carry(connection: Connection, to: Socket, data: Buffer): void {
    const deliver = () => pass(connection, to, data);
    // What is late stays in order: timers of equal length fire in the order they were set.
    const now = () => (late > 0 ? void setTimeout(deliver, late) : deliver());
    if (frozen) connection.held.push(now);
    else now();
  }

  const server = createServer((client) => {
    const upstream = connect({ host: target.host, port: targetPort });
    const connection: Connection = { client, upstream, abandoned: false, left: bytesLeft, held: [] };
    connections.add(connection);
    client.on("data", (data) => carry(connection, upstream, data));
    upstream.on("data", (data) => carry(connection, client, data));
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        // The end of one is news to the other, and news does not pass a dead wire.
        if (socket === upstream && connection.abandoned) return;
        if (frozen) connection.held.push(() => end(connection));
        else setTimeout(() => end(connection), late);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of connections) end(connection);
    await closed;
  };
  return {
    port,
    cut,
    delay(milliseconds) {
      late = milliseconds;
    },
    freeze() {
      frozen = true;
    },
    abandon() {
      for (const connection of connections) {
        connection.abandoned = true;
        connection.upstream.destroy();
      }
    },
    tear(bytes) {
      bytesLeft = bytes;
      for (const connection of connections) connection.left = bytes;
    },
    retarget(to) {
      targetPort = to;
    },
    async mend() {
      late = 0;
      bytesLeft = Number.POSITIVE_INFINITY;
      for (const connection of connections) connection.left = bytesLeft;
      if (frozen) {
        frozen = false;
        for (const connection of connections) for (const deliver of connection.held.splice(0)) deliver();
      }
      if (server.listening) return;
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    close: () => (server.listening ? cut() : Promise.resolve()),
  };
}
