import type {
  Clock,
  Random,
  ReadFilter,
  ReadFilterCallbacks,
  StreamInfo,
  Timers,
  WriteFilter,
  WriteFilterCallbacks,
} from "@sluice/extension-api";
import type { SocketConnection } from "../connection/socket-connection.ts";

/** What one filter asks of the manager; `index` is its place in the chain. */
export interface FilterHost {
  readonly connection: SocketConnection;
  readonly streamInfo: StreamInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  continueReading(index: number): void;
  injectReadData(index: number, chunk: Uint8Array, endStream: boolean): void;
  injectWriteData(index: number, chunk: Uint8Array | string, endStream: boolean): void;
}

/** One filter of one connection, with what is kept for those behind it. */
export class ActiveNetworkFilter implements ReadFilterCallbacks, WriteFilterCallbacks {
  readonly read: ReadFilter | undefined;
  readonly write: WriteFilter | undefined;
  initialized = false;
  /** Bytes that it has seen and stopped. */
  held: Uint8Array[] | undefined = undefined;
  heldEnd = false;
  private readonly host: FilterHost;
  private readonly index: number;

  constructor(host: FilterHost, index: number, filter: ReadFilter | WriteFilter) {
    this.host = host;
    this.index = index;
    this.read = isReadFilter(filter) ? filter : undefined;
    this.write = isWriteFilter(filter) ? filter : undefined;
  }

  initialize(): void {
    this.read?.initializeReadFilterCallbacks(this);
    this.write?.initializeWriteFilterCallbacks(this);
  }

  destroy(): void {
    (this.read ?? this.write)?.onDestroy();
  }

  get connection(): SocketConnection {
    return this.host.connection;
  }
  get streamInfo(): StreamInfo {
    return this.host.streamInfo;
  }
  get clock(): Clock {
    return this.host.clock;
  }
  get timers(): Timers {
    return this.host.timers;
  }
  get random(): Random {
    return this.host.random;
  }

  continueReading(): void {
    this.host.continueReading(this.index);
  }

  injectReadData(chunk: Uint8Array, endStream: boolean): void {
    this.host.injectReadData(this.index, chunk, endStream);
  }

  injectWriteData(chunk: Uint8Array | string, endStream: boolean): void {
    this.host.injectWriteData(this.index, chunk, endStream);
  }
}

function isReadFilter(filter: ReadFilter | WriteFilter): filter is ReadFilter {
  return "onData" in filter;
}

function isWriteFilter(filter: ReadFilter | WriteFilter): filter is WriteFilter {
  return "onWrite" in filter;
}
