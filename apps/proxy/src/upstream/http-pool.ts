import type { ConnectionInfo } from "@sluice/extension-api";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../http/codec.ts";

/** Who wants to send a request. One of the two callbacks comes once, unless it cancels before. */
export interface PoolWaiter {
  /** Which of the cluster's two sets of limits and pools it falls under. */
  readonly highPriority: boolean;
  /** Hears of the response, once `onReady` has been called. */
  readonly response: ResponseStream;
  /** Filters stand before the connection, which is still to come: they take the request meanwhile, headers first. */
  onOpen?(encoder: RequestEncoder): void;
  /** The exchange has begun: the request's headers are to follow now, unless they went out by `onOpen`. */
  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void;
  /**
   * No exchange begins. `transportFailure`: the operating system's or TLS's words, or "". `beforeHost`: too many wait, so that the
   * host had no part in it; as with Envoy neither its figures nor the access log name it then.
   */
  onFailure(reason: StreamResetReason, transportFailure: string, beforeHost?: boolean): void;
}

/** A worker's connections to one host. Whoever sends requests sees no connection, only this and encoders. */
export interface HttpPool {
  /** Answers through the waiter, perhaps before it returns. */
  newStream(waiter: PoolWaiter): void;
  /** The waiter lost interest before it was answered. */
  cancel(waiter: PoolWaiter): void;
  /** Idle connections close, others after their streams; no new one is opened but for those who wait. */
  drain(): void;
}
