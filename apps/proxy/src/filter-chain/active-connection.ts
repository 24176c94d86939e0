import type { ConnectionDrain, Log } from "@sluice/extension-api";
import type { ConnectionSink, SocketConnection } from "../connection/socket-connection.ts";
import type { NetworkFilterEntry } from "../network-filter/network-factory-context.ts";
import type { DownstreamTransportSocket } from "../transport-socket/downstream-transport-socket.ts";

/** A filter chain, compiled. */
export interface ChainPayload {
  readonly name: string;
  /** `filter_metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** `filterChainKey`. */
  readonly key: string;
  readonly filters: readonly NetworkFilterEntry[];
  /** Undefined: the filters get the socket as it is. */
  readonly transportSocket: DownstreamTransportSocket | undefined;
  /** `transport_socket_connect_timeout` in ms; 0: none. */
  readonly handshakeTimeoutMs: number;
}

/** What reads a connection: the filter manager, or a filter that stands alone. */
export interface ConnectionReader {
  onData(chunk: Uint8Array, endStream: boolean): unknown;
  drain?(drain: ConnectionDrain): void;
  onDestroy(): void;
}

/** Who keeps count of the connections of a listener. */
export interface ConnectionOwner {
  onConnectionClosed(connection: ActiveConnection): void;
  readonly log: Log;
}

/** A downstream connection in service. A reader that throws costs its own connection only. */
export class ActiveConnection implements ConnectionSink {
  readonly connection: SocketConnection;
  readonly reader: ConnectionReader;
  readonly chain: ChainPayload;
  /** When it found its chain; undefined: its socket's end counts, not its own. */
  readonly begunAtMs: number | undefined;
  private readonly owner: ConnectionOwner;

  constructor(
    connection: SocketConnection,
    reader: ConnectionReader,
    chain: ChainPayload,
    begunAtMs: number | undefined,
    owner: ConnectionOwner,
  ) {
    this.begunAtMs = begunAtMs;
    this.chain = chain;
    this.connection = connection;
    this.reader = reader;
    this.owner = owner;
  }

  onData(chunk: Buffer, endStream: boolean): void {
    try {
      this.reader.onData(chunk, endStream);
    } catch (error) {
      this.onThrow(error);
    }
  }

  onClose(): void {
    this.owner.onConnectionClosed(this);
    this.reader.onDestroy();
  }

  onThrow(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.owner.log.error(`a connection's filter threw: ${text}`);
    this.connection.close("noFlush", "internal error");
  }
}
