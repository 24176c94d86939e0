import { createServer, type Socket } from "node:net";
import { readStrictly, type StrictMessage, type StrictReading } from "./strict-http1.ts";

/** How the upstream answers a request for `/response/…`. */
export interface StrictAnswer {
  readonly octets: string;
  readonly afterwards: "open" | "end" | "reset";
}

/** One connection from the proxy, with every octet that came. */
export interface UpstreamConnection {
  octets: string;
  reading: StrictReading;
}

export interface StrictUpstream {
  readonly port: number;
  readonly connections: readonly UpstreamConnection[];
  close(): Promise<void>;
}

/** Keeps what the proxy sends, reads it as strictly as can be, and answers whole requests: an ambiguous one ends the connection. */
export async function startStrictUpstream(
  answer: (request: StrictMessage) => StrictAnswer,
): Promise<StrictUpstream> {
  const connections: UpstreamConnection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection: UpstreamConnection = { octets: "", reading: readStrictly("", { kind: "request" }) };
    connections.push(connection);
    sockets.add(socket);
    let answered = 0;
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("data", (part: Buffer) => {
      connection.octets += part.toString("latin1");
      connection.reading = readStrictly(connection.octets, { kind: "request" });
      for (const request of connection.reading.messages.slice(answered)) {
        answered++;
        const { octets, afterwards } = answer(request);
        socket.write(Buffer.from(octets, "latin1"), () => {
          if (afterwards === "reset") socket.resetAndDestroy();
        });
        if (afterwards === "end") socket.end();
      }
      if (connection.reading.problem !== undefined) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
