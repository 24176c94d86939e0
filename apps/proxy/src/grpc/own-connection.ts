import type { Socket } from "node:net";

/** What a connection of the proxy's own speaks. */
export type OwnProtocol = "http1" | "http2" | "tcp";

/** One request of the proxy's own on one of its connections. Each is told once; what comes after the end counts nothing. */
export interface OwnCall {
  /** The response's head is here. */
  answered(status: number): void;
  /** `whole`: with all of its response, so that its time counts. */
  ended(whole: boolean): void;
}

/** A connection of the proxy's own clients (configuration, telemetry, reports) to a host of a cluster. */
export interface OwnConnection {
  readonly socket: Socket;
  /** A request begins: it goes out once the connection stands. */
  call(): OwnCall;
}

/** For a client whose connection carries one stream, from its beginning to its end: `onCall` is told of that. */
export function connectForStream(
  connection: OwnConnection,
  onCall: (call: OwnCall) => void = () => {},
): Socket {
  const call = connection.call();
  connection.socket.once("close", () => call.ended(false));
  onCall(call);
  return connection.socket;
}
