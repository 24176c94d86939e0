import type { RequestTargetRules } from "@sluice/matching";
import type { AccessLogger } from "../access-log/access-logger.ts";
import type { HeadTimeout } from "../http/codec.ts";
import type { Http1ServerOptions } from "../http/h1/http1-server-options.ts";
import type { Http2ServerSetup } from "../http/h2/server-codec.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import type { RequestIdOptions } from "../tracing/trace-decision.ts";
import type { Tracer } from "../tracing/tracer.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { ConnectionManagerStats, ListenerHttpStats } from "./connection-manager-stats.ts";
import type { EarlyHeaderMutation } from "./early-header-mutation.ts";
import type { ClientCertChoice } from "./forward-client-cert.ts";
import type { ForwardingConfig } from "./forwarding-headers.ts";
import type { LocalReplyMapper } from "./local-reply-mapper.ts";
import type { ProxyStatusConfig } from "./proxy-status.ts";
import type { RouteFigures } from "./route-figures.ts";
import type { RouteSource, ScopedRoutes } from "./scoped-routes.ts";
import type { StreamTimersPool } from "./stream-timers.ts";

/** A connection manager, compiled and frozen but for its route table, which RDS replaces. Times in ms, 0: none. */
export interface ConnectionManagerConfig extends RequestTargetRules {
  readonly worker: WorkerContext;
  readonly stats: ConnectionManagerStats;
  readonly listenerStats: ListenerHttpStats;
  readonly listenerName: string;
  readonly routes: RouteSource;
  /** `scoped_routes`: takes the place of `routes`. */
  readonly scopes: ScopedRoutes | undefined;
  readonly filters: readonly HttpFilterConfig[];
  /** Some filter starts disabled or may be by a route. */
  readonly filtersVary: boolean;
  /** `codec_type`; "auto": by ALPN, else by the connection's first bytes. */
  readonly codecType: "auto" | "http1" | "http2";
  readonly http1: Http1ServerOptions;
  readonly http2: Http2ServerSetup;
  readonly upgrades: ReadonlyMap<string, UpgradeChain>;
  readonly localReplies: LocalReplyMapper | undefined;
  readonly proxyStatus: ProxyStatusConfig | undefined;
  /** For `record_route_resolution_stats`, and where a format prints them: may appear with a later configuration. */
  readonly routeFigures: RouteFigures | undefined;
  readonly accessLoggers: readonly AccessLogger[];
  readonly accessLog: AccessLogOptions;
  readonly requestId: RequestIdOptions;
  readonly schemeMatchesUpstream: boolean;
  readonly hidesClient: boolean;
  readonly tracer: Tracer | undefined;
  readonly serverName: string;
  readonly serverHeader: "overwrite" | "append" | "pass";
  readonly via: string;
  readonly forwarding: ForwardingConfig;
  readonly clientCert: ClientCertChoice;
  readonly earlyHeaderMutations: readonly EarlyHeaderMutation[];
  readonly addUserAgent: boolean;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  readonly alwaysSetRequestIdInResponse: boolean;
  readonly proxy100Continue: boolean;
  /** Requests that the overload manager refuses get `x-envoy-local-overloaded`. */
  readonly appendLocalOverload: boolean;
  readonly streamIdleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestHeadersTimeoutMs: number;
  /** How long an HTTP/1 head may take from its first octet on; `undefined`: any time. */
  readonly http1HeadLimit: HeadLimit | undefined;
  /** How long a whole response may take to leave; the stream idle timeout unless it is set. */
  readonly streamFlushTimeoutMs: number;
  readonly maxStreamDurationMs: number;
  readonly idleTimeoutMs: number;
  readonly maxConnectionDurationMs: number;
  /** Up to so many percent are added to it at random. */
  readonly maxConnectionDurationJitterPercent: number;
  /** An HTTP/1 connection that is too old ends behind its next response, never without a word. */
  readonly http1SafeMaxConnectionDuration: boolean;
  readonly maxRequestsPerConnection: number;
  readonly delayedCloseTimeoutMs: number;
  /** How long an idle connection of a draining listener waits for a last request; default 5000. */
  readonly drainTimeoutMs: number;
  readonly drainTimeoutJitterPercent: number;
  readonly bufferLimitBytes: number;
  readonly streamTimers: StreamTimersPool;
}

/** Which of its limits a request exceeds while its head arrives, and when. */
export interface HeadLimit {
  readonly which: HeadTimeout;
  readonly ms: number;
}

/** `access_log_options`: entries besides the one at the end. */
export interface AccessLogOptions {
  readonly onNewRequest: boolean;
  readonly onTunnel: boolean;
  /** 0: none. */
  readonly intervalMs: number;
}

export interface UpgradeChain {
  readonly enabled: boolean;
  /** `undefined`: the connection manager's own. */
  readonly filters: readonly HttpFilterConfig[] | undefined;
}
