import type { Socket } from "node:net";
import type { Fields, RawConnection, RecordingUpstream, ReplyChoice, RunningProxy } from "@sluice/harness";

/**
 * One configuration and what is sent through it. It runs against real Envoy, then against Sluice; everything observed must
 * be equal.
 */
export interface ConformanceCase {
  /** States the behaviour; unique. */
  readonly title: string;
  /**
   * Bootstrap. `{{upstream}}` and `{{upstream2}}` are the ports of the recording upstreams, `{{dead}}` one on which nothing
   * listens, `{{dir}}` the proxy's temporary directory. The listener under test is called `main`.
   */
  readonly yaml: string;
  /** Files in `{{dir}}` before the start; the same placeholders hold. */
  readonly files?: Readonly<Record<string, string>>;
  /** Worker threads; default 1. */
  readonly concurrency?: number;
  /** Further flags, of both. */
  readonly args?: readonly string[];
  /** How the first upstream answers; default 200 `one`. The second always answers 200 `two`. */
  readonly reply?: ReplyChoice;
  /** Requests, each on a connection of its own, one after the other. */
  readonly requests?: readonly CaseRequest[];
  /** A plain TCP upstream on port `{{tcp}}`: what it does with each connection (half-open allowed). */
  readonly tcp?: (socket: Socket) => void;
  /** The upstreams see checks besides the requests: what they saw is not compared. */
  readonly ignoreUpstream?: boolean;
  /** What else is done and seen, after the requests; the result must be JSON and equal for both. */
  observe?(target: Target): Promise<unknown>;
  /** Names of counters and gauges that must be equal in the end. */
  readonly stats?: readonly string[];
  /** File in `{{dir}}` whose lines must be equal in the end, and how many there will be. */
  readonly accessLog?: { readonly file: string; readonly lines: number };
}

export interface CaseRequest {
  /** Default GET. */
  readonly method?: string;
  readonly path: string;
  /** `host: example.test` unless given. */
  readonly headers?: Fields;
  readonly body?: string;
}

/** A running proxy with its upstreams, as a case sees it. */
export interface Target {
  readonly proxy: RunningProxy;
  /** Port of the listener `main`. */
  readonly port: number;
  readonly upstream: RecordingUpstream;
  readonly upstream2: RecordingUpstream;
  connect(): Promise<RawConnection>;
  /** One request on a connection of its own, as it will be compared. */
  send(request: CaseRequest): Promise<SeenResponse>;
}

/** A response, without what must differ between two runs. */
export interface SeenResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Sorted by name; values of one name in their order. */
  readonly fields: Fields;
  readonly body: string;
  readonly trailers: Fields;
  readonly complete: boolean;
  readonly interim: readonly number[];
}
