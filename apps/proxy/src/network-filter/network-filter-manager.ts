import {
  type Clock,
  type ConnectionDrain,
  NetworkFilterStatus,
  type Random,
  type Timers,
} from "@sluice/extension-api";
import { keepRead } from "../connection/read-memory.ts";
import type { SocketConnection, WriteHook } from "../connection/socket-connection.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { ActiveNetworkFilter, type FilterHost } from "./active-network-filter.ts";
import { discoveredEntry } from "./discovered-network-filter.ts";
import { hasCreateFor, type NetworkFilterEntry } from "./network-factory-context.ts";

const EMPTY: Uint8Array = Buffer.alloc(0);

/** The network filters of one connection, and the iteration over them (`ReadFilter` and `WriteFilter` say how it goes). */
export class NetworkFilterManager implements FilterHost, WriteHook {
  readonly connection: SocketConnection;
  readonly streamInfo: RequestStreamInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  private readonly filters: ActiveNetworkFilter[] = [];
  private readonly bufferLimitBytes: number;
  private heldBytes = 0;
  private paused = false;

  constructor(
    entries: readonly NetworkFilterEntry[],
    connection: SocketConnection,
    streamInfo: RequestStreamInfo,
    bufferLimitBytes: number,
    use: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
  ) {
    this.connection = connection;
    this.streamInfo = streamInfo;
    this.bufferLimitBytes = bufferLimitBytes;
    this.clock = use.clock;
    this.timers = use.timers;
    this.random = use.random;
    let writes = false;
    for (const entry of entries) {
      const { factory, config } = discoveredEntry(entry);
      const filter = hasCreateFor(factory) ? factory.createFor(config, connection) : factory.create(config);
      const active = new ActiveNetworkFilter(this, this.filters.length, filter);
      this.filters.push(active);
      if (active.write !== undefined) writes = true;
    }
    if (writes) connection.writeHook = this;
  }

  /** Shows the connection to the filters; call once, when the connection's events come here. */
  start(): void {
    for (const filter of this.filters) filter.initialize();
    this.iterate(0, EMPTY, false);
  }

  onData(chunk: Uint8Array, endStream: boolean): void {
    this.streamInfo.bytesReceived = this.connection.bytesReceived;
    if (endStream && !this.connection.halfClose) {
      if (chunk.length > 0) this.iterate(0, chunk, false);
      // With an empty reason it counts as the peer's close, which it is.
      if (this.connection.state === "open") this.connection.close("noFlush", "");
      return;
    }
    this.iterate(0, chunk, endStream);
    if (endStream && this.connection.writeEnded) this.connection.close("noFlush", "");
  }

  drain(drain: ConnectionDrain): void {
    for (const { read } of this.filters) read?.drain?.(drain);
  }

  onDestroy(): void {
    this.connection.writeHook = undefined;
    for (const filter of this.filters) {
      filter.held = undefined;
      filter.destroy();
    }
  }

  continueReading(index: number): void {
    if (this.connection.state !== "open") return;
    this.release(index, EMPTY, false);
  }

  injectReadData(index: number, chunk: Uint8Array, endStream: boolean): void {
    this.iterate(index + 1, chunk, endStream);
  }

  injectWriteData(index: number, chunk: Uint8Array | string, endStream: boolean): void {
    if (this.passWrite(index - 1, chunk, endStream)) this.connection.writeToSocket(chunk, endStream);
  }

  onWrite(chunk: Uint8Array | string, endStream: boolean): boolean {
    return this.passWrite(this.filters.length - 1, chunk, endStream);
  }

  private passWrite(from: number, chunk: Uint8Array | string, endStream: boolean): boolean {
    for (let i = from; i >= 0; i--) {
      const write = this.filters[i]?.write;
      if (write === undefined) continue;
      keepRead();
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
      if (write.onWrite(bytes, endStream) === NetworkFilterStatus.StopIteration) return false;
    }
    return true;
  }

  private iterate(from: number, chunk: Uint8Array, endStream: boolean): void {
    const { filters, connection } = this;
    const hasData = chunk.length > 0 || endStream;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.read === undefined) continue;
      let status: NetworkFilterStatus = NetworkFilterStatus.Continue;
      if (!filter.initialized) {
        filter.initialized = true;
        status = filter.read.onNewConnection();
      }
      if (connection.state !== "open") return;
      if (status === NetworkFilterStatus.Continue && hasData) {
        if (i < filters.length - 1) keepRead();
        status = filter.read.onData(chunk, endStream);
        if (connection.state !== "open") return;
      }
      if (status === NetworkFilterStatus.StopIteration) {
        if (hasData && i < filters.length - 1) this.hold(filter, chunk, endStream);
        return;
      }
      if (filter.held !== undefined) {
        this.release(i, chunk, endStream);
        return;
      }
    }
  }

  private hold(filter: ActiveNetworkFilter, chunk: Uint8Array, endStream: boolean): void {
    filter.held ??= [];
    if (chunk.length > 0) filter.held.push(chunk);
    if (endStream) filter.heldEnd = true;
    this.heldBytes += chunk.length;
    if (!this.paused && this.heldBytes > this.bufferLimitBytes) {
      this.paused = true;
      this.connection.readDisable(true);
    }
  }

  /** What filter `index` stopped goes on, `chunk` behind it. */
  private release(index: number, chunk: Uint8Array, endStream: boolean): void {
    const filter = this.filters[index];
    const held = filter?.held;
    if (filter === undefined || held === undefined) {
      this.iterate(index + 1, chunk, endStream);
      return;
    }
    filter.held = undefined;
    const end = filter.heldEnd || endStream;
    filter.heldEnd = false;
    if (chunk.length > 0) held.push(chunk);
    else if (held.length === 0) held.push(EMPTY);
    for (let i = 0; i < held.length && this.connection.state === "open"; i++) {
      const part = held[i] ?? EMPTY;
      if (part !== chunk) this.heldBytes -= part.length;
      this.iterate(index + 1, part, end && i === held.length - 1);
    }
    if (this.paused && this.heldBytes <= this.bufferLimitBytes && this.connection.state === "open") {
      this.paused = false;
      this.connection.readDisable(false);
    }
  }
}
