import type { DecoderCallbacks } from "@sluice/extension-api";
import type { ThreadLocalCluster } from "../../../../cluster/thread-local-cluster.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { HttpStream } from "../../../../http-connection-manager/http-stream.ts";
import type { ForwardAction, RouteEntry } from "../../../../route/route-entry.ts";
import type { RouterConfig } from "./config.ts";
import type { OutcomeStats } from "./outcome-stats.ts";

/** What the router filter knows when it begins to forward. */
export interface ExchangeInit {
  readonly config: RouterConfig;
  readonly callbacks: DecoderCallbacks;
  readonly stream: HttpStream;
  /** Of the newest try, where tries may have clusters of their own. */
  route: RouteEntry;
  readonly forward: ForwardAction;
  readonly cluster: ThreadLocalCluster;
  readonly headers: Headers;
  readonly headersOnly: boolean;
  readonly isGrpc: boolean;
  /** The request has headers that ask something of the router. */
  readonly asks: boolean;
  readonly outcome: OutcomeStats;
}
