import type { Socket } from "node:net";
import type { StatsScope, Timer, Timers } from "@sluice/extension-api";
import { whenTransportReady } from "../../transport-socket/upstream-transport-socket.ts";
import type { RedisCheck } from "./health-check-config.ts";
import type { Probe, ProbeSink } from "./health-check-session.ts";
import { type RespValue, readReply } from "./read-reply.ts";

/** Of what comes before the end of a reply. */
const REPLY_BYTES_MAX = 64 * 1024;

export interface RedisProbeOptions {
  readonly check: RedisCheck;
  readonly reuse: boolean;
  /** Until the connection stands; the cluster's. */
  readonly connectTimeoutMs: number;
  readonly timers: Timers;
  connect(): Socket;
  readonly sink: ProbeSink;
  readonly counts: RedisProbeCounts;
}

/** What Envoy's client of Redis counts, as for requests: checks go through it. */
export interface RedisProbeCounts {
  onConnection(change: 1 | -1): void;
  onRequest(change: 1 | -1): void;
  onConnectFailure(): void;
  onProtocolError(): void;
}

/** Asks a Redis host by PING, or whether it has a key, over a connection of its own. */
export class RedisProbe implements Probe {
  readonly #options: RedisProbeOptions;
  readonly #request: Buffer;
  #socket: Socket | undefined = undefined;
  #connected = false;
  #waiting = false;
  readonly #connecting: Timer;
  #received: Buffer = Buffer.alloc(0);

  constructor(options: RedisProbeOptions) {
    this.#options = options;
    this.#connecting = options.timers.create(() => this.#lose());
    const { key } = options.check;
    this.#request = key.length === 0 ? command("PING") : command("EXISTS", key);
  }

  start(): void {
    this.#options.counts.onRequest(1);
    this.#waiting = true;
    if (this.#socket === undefined) this.#open();
    else if (this.#connected) this.#socket.write(this.#request);
  }

  abandon(): void {
    this.#end();
    this.close();
  }

  close(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#connecting.disarm();
    this.#end();
    this.#socket = undefined;
    this.#connected = false;
    this.#received = Buffer.alloc(0);
    this.#options.counts.onConnection(-1);
    socket.destroy();
  }

  #open(): void {
    const { connect, connectTimeoutMs, counts } = this.#options;
    const socket = connect();
    this.#socket = socket;
    counts.onConnection(1);
    this.#connecting.arm(connectTimeoutMs);
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#lose();
    });
    whenTransportReady(socket, () => {
      if (this.#socket !== socket) return;
      this.#connecting.disarm();
      this.#connected = true;
      if (this.#waiting) socket.write(this.#request);
    });
    socket.on("data", (chunk: Buffer) => {
      if (this.#socket === socket) this.#onData(chunk);
    });
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    const reply = readReply(this.#received);
    if (reply === "incomplete" && this.#received.length <= REPLY_BYTES_MAX) return;
    // What comes unasked, or is not the protocol, ends the connection.
    if (typeof reply === "string" || !this.#waiting || reply.bytes !== this.#received.length) {
      this.#options.counts.onProtocolError();
      this.#fail();
      return;
    }
    this.#received = Buffer.alloc(0);
    this.#end();
    const { check, reuse, sink } = this.#options;
    if (!reuse) this.close();
    if (isGood(reply.value, check)) sink.onSuccess(false);
    else sink.onFailure(isOutOfService(reply.value) ? "network" : "active", false, false);
  }

  #lose(): void {
    if (!this.#connected) this.#options.counts.onConnectFailure();
    this.#fail();
  }

  #fail(): void {
    const waited = this.#waiting;
    this.close();
    if (waited) this.#options.sink.onFailure("network", false, false);
  }

  #end(): void {
    if (this.#waiting) this.#options.counts.onRequest(-1);
    this.#waiting = false;
  }
}

/** A redirection says that the host does its part; a key that exists that it is to be left alone. */
function isGood({ kind, text }: RespValue, { key }: RedisCheck): boolean {
  if (kind === "error") return isRedirection(text);
  return key.length === 0 ? kind === "simple" && text === "PONG" : kind === "integer" && Number(text) === 0;
}

function isRedirection(text: string): boolean {
  const words = text.split(" ").filter((word) => word !== "");
  return words.length === 3 && (words[0] === "MOVED" || words[0] === "ASK");
}

/** Its cluster is: it may be well again soon, and counts as not answering. */
function isOutOfService({ kind, text }: RespValue): boolean {
  return kind === "error" && /^ *CLUSTERDOWN(?: |$)/.test(text);
}

/** An array of bulk strings. */
function command(...words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

/** `cluster`: `cluster.<name>.` */
export function redisCounts(cluster: StatsScope): RedisProbeCounts {
  const connections = cluster.counter("upstream_cx_total");
  const connected = cluster.gauge("upstream_cx_active");
  const requests = cluster.counter("upstream_rq_total");
  const active = cluster.gauge("upstream_rq_active");
  return {
    onConnection(change) {
      if (change > 0) connections.inc();
      connected.add(change);
    },
    onRequest(change) {
      if (change > 0) requests.inc();
      active.add(change);
    },
    onConnectFailure: () => cluster.counter("upstream_cx_connect_fail").inc(),
    onProtocolError: () => cluster.counter("upstream_cx_protocol_error").inc(),
  };
}
