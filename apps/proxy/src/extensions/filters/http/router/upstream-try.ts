import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { ResponseStream, StreamResetReason } from "../../../../http/codec.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { Http1Connection } from "../../../../upstream/http1-connection.ts";
import type { Http1Pool, PoolWaiter } from "../../../../upstream/http1-pool.ts";

export interface TryOwner extends WatermarkCallbacks {
  readonly highPriority: boolean;
  onTryReady(attempt: UpstreamTry, connection: Http1Connection): undefined;
  onTry1xx(headers: Headers): void;
  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): void;
  onTryData(chunk: Uint8Array, endStream: boolean): void;
  onTryTrailers(trailers: Headers): void;
  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): void;
}

/** One attempt at an upstream host: waiting for a connection, then an exchange on it. */
export class UpstreamTry implements PoolWaiter, ResponseStream {
  readonly host: Host;
  readonly highPriority: boolean;
  connection: Http1Connection | undefined = undefined;
  startedAtMs = 0;
  private readonly owner: TryOwner;
  private readonly info: ClusterInfo;
  private readonly pool: Http1Pool;
  private done = false;

  constructor(owner: TryOwner, info: ClusterInfo, host: Host, pool: Http1Pool) {
    this.owner = owner;
    this.info = info;
    this.host = host;
    this.pool = pool;
    this.highPriority = owner.highPriority;
  }

  onReady(connection: Http1Connection): void {
    this.connection = connection;
    const { host, info } = this;
    info.stats.upstreamRqActive.add(1);
    host.stats.rqTotal.inc();
    host.stats.rqActive.add(1);
    host.activeRequests++;
    connection.codec.start(this);
    connection.connection.addWatermarkCallbacks(this.owner);
    this.owner.onTryReady(this, connection);
  }

  onFailure(reason: StreamResetReason, transportFailure: string): void {
    this.done = true;
    this.host.stats.rqError.inc();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  /** Gives it up. */
  cancel(): undefined {
    const { connection } = this;
    if (this.done) {
      // Answered early: the request's rest will never be sent, so the connection cannot serve another.
      if (connection?.codec.carries(this) === true) {
        connection.codec.abandon();
        connection.close("request cut short");
      }
      return;
    }
    if (connection === undefined) {
      this.done = true;
      this.pool.cancel(this);
      return;
    }
    this.settle();
    this.info.stats.upstreamRqTxReset.inc();
    connection.codec.abandon();
    connection.close("stream reset");
  }

  decode1xxHeaders(headers: Headers): void {
    this.owner.onTry1xx(headers);
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    if (endStream) this.settle();
    this.owner.onTryHeaders(this, headers, endStream);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.settle();
    this.owner.onTryData(chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.settle();
    this.owner.onTryTrailers(trailers);
  }

  onReset(reason: StreamResetReason, transportFailure: string): void {
    this.settle();
    this.host.stats.rqError.inc();
    this.info.stats.upstreamRqRxReset.inc();
    this.owner.onTryReset(this, reason, transportFailure);
  }

  private settle(): void {
    if (this.done) return;
    this.done = true;
    const { host, info } = this;
    info.stats.upstreamRqActive.sub(1);
    host.stats.rqActive.sub(1);
    host.activeRequests--;
    this.connection?.connection.removeWatermarkCallbacks(this.owner);
  }
}
