import type { ByteCounts, ConnectionInfo, HeaderMap, StreamInfo } from "@sluice/extension-api";
import type { FormatContext } from "./format-context.ts";

/** A plain header map over a Map; for tests of what reads headers. */
class MapHeaders implements HeaderMap {
  readonly #fields: Map<string, string>;

  constructor(fields: Readonly<Record<string, string>>) {
    this.#fields = new Map(Object.entries(fields));
  }
  get(name: string): string | undefined {
    return this.#fields.get(name);
  }
  getAll(name: string): string | undefined {
    return this.#fields.get(name);
  }
  has(name: string): boolean {
    return this.#fields.has(name);
  }
  set(name: string, value: string): void {
    this.#fields.set(name, value);
  }
  append(name: string, value: string): void {
    const old = this.#fields.get(name);
    this.#fields.set(name, old === undefined ? value : `${old},${value}`);
  }
  remove(name: string): number {
    return this.#fields.delete(name) ? 1 : 0;
  }
  get size(): number {
    return this.#fields.size;
  }
  get byteSize(): number {
    let bytes = 0;
    for (const [name, value] of this.#fields) bytes += name.length + value.length;
    return bytes;
  }
  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#fields) visit(name, value);
  }
}

/** Counts that differ: `base` and 1 to 6. */
export function byteCounts(base: number): ByteCounts {
  return {
    wireBytesSent: base + 1,
    wireBytesReceived: base + 2,
    headerBytesSent: base + 3,
    headerBytesReceived: base + 4,
    decompressedHeaderBytesSent: base + 5,
    decompressedHeaderBytesReceived: base + 6,
  };
}

/** A finished request for tests of formatters, loggers and tracers: 200 over HTTP/1.1 at 2026-01-02T03:04:05.678Z, unless told otherwise. */
export function formatContext(given: {
  readonly request?: Readonly<Record<string, string>>;
  readonly response?: Readonly<Record<string, string>>;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly streamInfo?: Partial<StreamInfo>;
  readonly connection?: Partial<ConnectionInfo>;
}): FormatContext {
  const metadata = new Map<string, Record<string, unknown>>();
  return {
    request: new MapHeaders(given.request ?? {}),
    response: given.response === undefined ? undefined : new MapHeaders(given.response),
    responseTrailers: given.trailers === undefined ? undefined : new MapHeaders(given.trailers),
    streamInfo: {
      startTimeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      lastDownstreamRxByteMs: 0,
      firstUpstreamTxByteMs: undefined,
      lastUpstreamTxByteMs: undefined,
      firstUpstreamRxByteMs: undefined,
      lastUpstreamRxByteMs: undefined,
      firstDownstreamTxByteMs: undefined,
      lastDownstreamTxByteMs: undefined,
      durationMs: 1,
      protocol: "HTTP/1.1",
      responseCode: 200,
      responseCodeDetails: "via_upstream",
      responseFlags: 0,
      setResponseFlag: () => {},
      bytesReceived: 0,
      bytesSent: 0,
      routeName: "",
      virtualHostName: "",
      upstreamCluster: undefined,
      upstreamClusterStatName: undefined,
      upstreamRemoteAddress: undefined,
      upstreamLocalAddress: undefined,
      upstreamTransportFailureReason: "",
      upstreamRequestAttemptCount: 0,
      getDynamicMetadata: (filter) => metadata.get(filter),
      setDynamicMetadata: (filter, value) => void metadata.set(filter, value),
      filterState: new Map(),
      ...given.streamInfo,
    },
    connection: {
      id: 1,
      directRemoteAddress: "127.0.0.1:40000",
      remoteAddress: "127.0.0.1:40000",
      localAddress: "127.0.0.1:10000",
      requestedServerName: undefined,
      tls: undefined,
      ...given.connection,
    },
  };
}
