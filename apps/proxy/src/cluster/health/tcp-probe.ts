import type { Socket } from "node:net";
import { whenTransportReady } from "../../transport-socket/upstream-transport-socket.ts";
import type { TcpCheck } from "./health-check-config.ts";
import type { Probe, ProbeSink } from "./health-check-session.ts";
import { matchesPayload } from "./match-payload.ts";

/** What a host may send before what is expected of it. */
const RECEIVED_BYTES_MAX = 1024 * 1024;

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
    if (this.#check.send.length > 0) this.#socket?.write(this.#check.send);
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
