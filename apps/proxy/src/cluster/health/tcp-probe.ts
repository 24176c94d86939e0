import type { Socket } from "node:net";
import { socketAddressText } from "../../connection/socket-address.ts";
import { proxyHeaderV1, proxyHeaderV2 } from "../../transport-socket/proxy-header.ts";
import { whenTransportReady } from "../../transport-socket/upstream-transport-socket.ts";
import type { TcpCheck } from "./health-check-config.ts";
import type { Probe, ProbeSink } from "./health-check-session.ts";
import { matchesPayload } from "./match-payload.ts";

/** What a host may send before what is expected of it. */
const RECEIVED_BYTES_MAX = 1024 * 1024;

/** Nobody is proxied: the check speaks for itself. */
function ownHeader(socket: Socket, version: 1 | 2): Buffer {
  if (version === 2) return proxyHeaderV2(undefined, []);
  return proxyHeaderV1({
    source: socketAddressText(socket.localAddress, socket.localPort),
    destination: socketAddressText(socket.remoteAddress, socket.remotePort),
  });
}

/** Connects; with a payload, sends it and waits for the answer. */
export class TcpProbe implements Probe {
  readonly #check: TcpCheck;
  readonly #reuse: boolean;
  readonly #connect: () => Socket;
  readonly #sink: ProbeSink;
  #socket: Socket | undefined;
  #connected = false;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #waiting = false;

  constructor(check: TcpCheck, reuse: boolean, connect: () => Socket, sink: ProbeSink) {
    this.#check = check;
    this.#reuse = reuse;
    this.#connect = connect;
    this.#sink = sink;
  }

  start(): void {
    this.#waiting = true;
    this.#received = [];
    this.#receivedBytes = 0;
    if (this.#socket === undefined) this.#open();
    else if (this.#connected) this.#send();
  }

  abandon(): void {
    this.#waiting = false;
    this.close();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#connected = false;
    socket?.destroy();
  }

  #open(): void {
    const socket = this.#connect();
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#connected = false;
      this.#settle(false);
    });
    whenTransportReady(socket, () => {
      if (this.#socket !== socket) return;
      this.#connected = true;
      this.#send();
    });
    socket.on("data", (chunk: Buffer) => {
      if (this.#socket === socket) this.#onData(chunk);
    });
  }

  #send(): void {
    const { proxyVersion, send } = this.#check;
    const socket = this.#socket;
    if (socket !== undefined && proxyVersion !== undefined) socket.write(ownHeader(socket, proxyVersion));
    if (send.length > 0) socket?.write(send);
    if (this.#check.receive.length > 0) return;
    this.close();
    this.#settle(true);
  }

  #onData(chunk: Buffer): void {
    if (!this.#waiting) return;
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (matchesPayload(this.#check.receive, Buffer.concat(this.#received))) {
      if (!this.#reuse) this.close();
      this.#settle(true);
    } else if (this.#receivedBytes > RECEIVED_BYTES_MAX) {
      this.close();
      this.#settle(false);
    }
  }

  #settle(ok: boolean): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    if (ok) this.#sink.onSuccess(false);
    else this.#sink.onFailure("network", false, false);
  }
}
