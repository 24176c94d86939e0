import type { HeaderChanges } from "./header-changes.ts";

/** What is sent, and what must come back in this order, anything between; octets. */
export interface PayloadCheck {
  readonly send: Uint8Array;
  readonly receive: readonly Uint8Array[];
}

export interface HttpCheck {
  readonly kind: "http";
  /** `host`; "": the endpoint's hostname for health checks, else the cluster's name. */
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly send: Uint8Array;
  readonly receive: readonly Uint8Array[];
  /** Bytes of the body that are looked at; default 1024, 0: all (up to a megabyte). */
  readonly responseBufferBytes: number;
  readonly headers: HeaderChanges;
  readonly expectedStatuses: readonly StatusRange[];
  readonly retriableStatuses: readonly StatusRange[];
  readonly http2: boolean;
  /** `use_alpn_protocol`: where TLS settles on a protocol, that one is spoken. */
  readonly byAlpn: boolean;
  /** `service_name_matcher`: what `x-envoy-upstream-healthchecked-cluster` must say. */
  readonly serviceName: ((value: string) => boolean) | undefined;
}

export interface StatusRange {
  /** Inclusive. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface TcpCheck extends PayloadCheck {
  readonly kind: "tcp";
  /** Of the PROXY header that comes first: 1 with the check's own addresses, 2 (LOCAL) without any. */
  readonly proxyVersion: 1 | 2 | undefined;
}

export interface GrpcCheck {
  readonly kind: "grpc";
  readonly serviceName: string;
  readonly authority: string;
  /** `initial_metadata`. */
  readonly headers: HeaderChanges;
}

/** `envoy.health_checkers.redis`. */
export interface RedisCheck {
  readonly kind: "redis";
  /** A host that has it is left out; "": hosts are asked by PING. */
  readonly key: string;
}

/** One entry of `health_checks` (envoy.config.core.v3.HealthCheck); times in ms, thresholds in checks. */
export interface HealthCheckConfig {
  /** What its stats are told apart by; "": they need no name. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly initialJitterMs: number;
  readonly intervalJitterMs: number;
  readonly intervalJitterPercent: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  readonly reuseConnection: boolean;
  /** While the cluster has had no connection; default 60 s. */
  readonly noTrafficIntervalMs: number;
  readonly noTrafficHealthyIntervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly unhealthyEdgeIntervalMs: number;
  readonly healthyEdgeIntervalMs: number;
  /** JSON lines of events go here. */
  readonly eventLogPaths: readonly string[];
  readonly alwaysLogFailures: boolean;
  readonly alwaysLogSuccess: boolean;
  /** `tls_options.alpn_protocols`: in place of the transport socket's. */
  readonly alpn: readonly string[] | undefined;
  /** `transport_socket_match_criteria`: chooses among the cluster's sockets in place of the endpoint's metadata. */
  readonly socketMatch: Readonly<Record<string, unknown>> | undefined;
  readonly check: HttpCheck | TcpCheck | GrpcCheck | RedisCheck;
}
