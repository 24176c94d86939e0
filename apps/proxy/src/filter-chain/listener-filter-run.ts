import type { Socket } from "node:net";
import {
  type ListenerFilter,
  type ListenerFilterCallbacks,
  ListenerFilterStatus,
  type StreamInfo,
} from "@sluice/extension-api";
import { enterTurn, leaveTurn } from "../event/turn.ts";
import type { AcceptedSocket } from "./accepted-socket.ts";

/** How a run ended. `closed`: the socket is destroyed. */
export type ListenerFilterOutcome = "passed" | "refused" | "left";

/** The listener filters of one accepted socket, one after the other. What they peeked at is put back at the end. */
export class ListenerFilterRun implements ListenerFilterCallbacks {
  readonly accepted: AcceptedSocket;
  readonly streamInfo: StreamInfo;
  private readonly socket: Socket;
  private readonly filters: readonly ListenerFilter[];
  private readonly onDone: (run: ListenerFilterRun, outcome: ListenerFilterOutcome) => void;
  private index = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private reading = false;
  private done = false;
  private readonly handleData = (chunk: Buffer): void => {
    enterTurn();
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    try {
      this.deliver();
    } catch {
      // A filter's bug costs its socket only.
      this.finish("refused");
    }
    leaveTurn();
  };
  private readonly handleEnd = (): void => this.finish("left");

  constructor(
    accepted: AcceptedSocket,
    streamInfo: StreamInfo,
    filters: readonly ListenerFilter[],
    onDone: (run: ListenerFilterRun, outcome: ListenerFilterOutcome) => void,
  ) {
    this.accepted = accepted;
    this.streamInfo = streamInfo;
    this.socket = accepted.socket;
    this.filters = filters;
    this.onDone = onDone;
  }

  /** May call `onDone` before it returns. */
  start(): void {
    const { socket } = this;
    socket.on("error", ignoreError);
    socket.on("close", this.handleEnd);
    this.next();
  }

  /** Goes on as if the filters had passed; for the deadline. */
  skip(): void {
    this.finish("passed");
  }

  refuse(): void {
    this.finish("refused");
  }

  drain(bytes: number): void {
    this.bytes = this.bytes.subarray(bytes);
  }

  close(): void {
    this.finish("refused");
  }

  private next(): void {
    for (; this.index < this.filters.length; this.index++) {
      const filter = this.filters[this.index];
      if (filter === undefined || this.done) return;
      const status = filter.onAccept(this);
      if (this.done) return;
      if (status === ListenerFilterStatus.Continue) continue;
      if (this.bytes.length > 0) {
        if (!this.ask(filter)) return;
        continue;
      }
      this.read();
      return;
    }
    this.finish("passed");
  }

  /** Whether the filter is through. */
  private ask(filter: ListenerFilter): boolean {
    const status = filter.onData(this.bytes);
    if (this.done) return false;
    if (status === ListenerFilterStatus.Continue) return true;
    if (this.bytes.length >= filter.readBytesMax) this.finish("refused");
    else this.read();
    return false;
  }

  private deliver(): void {
    const filter = this.filters[this.index];
    if (filter === undefined || this.done || !this.ask(filter)) return;
    this.index++;
    this.next();
  }

  private read(): void {
    if (this.reading) return;
    this.reading = true;
    this.socket.on("data", this.handleData);
    this.socket.on("end", this.handleEnd);
    this.socket.resume();
  }

  private finish(outcome: ListenerFilterOutcome): void {
    if (this.done) return;
    this.done = true;
    const { socket } = this;
    socket.removeListener("close", this.handleEnd);
    if (this.reading) {
      socket.pause();
      socket.removeListener("data", this.handleData);
      socket.removeListener("end", this.handleEnd);
    }
    if (outcome === "passed") {
      socket.removeListener("error", ignoreError);
      if (this.bytes.length > 0) socket.unshift(this.bytes);
    } else if (this.bytes.length > 0) {
      // As closing a socket does whose input is unread.
      socket.resetAndDestroy();
    } else socket.destroy();
    this.onDone(this, outcome);
  }
}

function ignoreError(): void {
  // "close" follows.
}
