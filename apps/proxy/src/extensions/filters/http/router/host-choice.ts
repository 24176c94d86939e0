import type { ConnectionInfo, StreamInfo } from "@sluice/extension-api";
import type {
  Host,
  LoadBalancerContext,
  OverrideHost,
  ThreadLocalCluster,
} from "../../../../cluster/thread-local-cluster.ts";
import type { UpstreamState } from "../../../../filter-state/upstream-state.ts";
import type { StreamProtocol } from "../../../../http/codec.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import type { PoolUser } from "../../../../upstream/host-pools.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import type { RetryState } from "./retry-state.ts";

/** What balancers and pools are told of a request, and of the try that is to be sent next. */
export class HostChoice implements LoadBalancerContext, PoolUser {
  readonly highPriority: boolean;
  readonly requestHeaders: Headers;
  cluster: ThreadLocalCluster;
  /** As long as tries may follow. */
  retry: RetryState | undefined = undefined;
  /** Which try it is, from 1. */
  attempts = 1;
  /** What the hash policy wants the client to keep. */
  setCookies: readonly string[] = NO_COOKIES;
  private readonly init: ExchangeInit;

  constructor(init: ExchangeInit) {
    this.init = init;
    this.cluster = init.cluster;
    this.highPriority = init.forward.highPriority;
    this.requestHeaders = init.headers;
  }

  get isRetry(): boolean {
    return this.attempts > 1;
  }

  /** For each try anew, whose head may differ; a cookie that is made for it goes to the client as often. */
  computeHash(): bigint | undefined {
    const policy = this.cluster.info.policies?.hashPolicy ?? this.init.route.policies.hashPolicy;
    return policy?.hash(this.requestHeaders, this);
  }
  addCookie(setCookie: string): void {
    this.setCookies = [...this.setCookies, setCookie];
  }
  get connection(): ConnectionInfo {
    return this.init.stream.connection;
  }
  get streamInfo(): StreamInfo {
    return this.init.stream.streamInfo;
  }
  get metadataMatch(): MetadataMatch | undefined {
    const { route, stream } = this.init;
    return mergeMetadataMatch(route.policies.metadataMatch, stream.streamInfo.getDynamicMetadata("envoy.lb"));
  }
  shouldSelectAnotherHost(host: Host): boolean {
    return this.isRetry && this.retry?.shouldSelectAnotherHost(host) === true;
  }
  get hostSelectionAttempts(): number {
    return this.isRetry ? (this.retry?.hostSelectionAttempts ?? 1) : 1;
  }
  /** Of the first try alone. */
  get overrideHost(): OverrideHost | undefined {
    return this.isRetry ? undefined : this.init.stream.overrideHost;
  }
  /** What the client gets when there was none. */
  get statusWithoutHost(): number {
    const wanted = this.overrideHost;
    if (wanted?.strict !== true) return 503;
    const isThere = this.cluster.hostSets.some(({ hosts }) =>
      hosts.some(({ address }) => address === wanted.address),
    );
    return isThere ? 503 : (wanted.statusWhenAbsent ?? 503);
  }
  get adjustPriorityLoad(): LoadBalancerContext["adjustPriorityLoad"] {
    return this.isRetry ? this.retry?.adjustPriorityLoad : undefined;
  }
  get downstreamProtocol(): StreamProtocol | undefined {
    return this.init.stream.protocol;
  }
  get upstreamState(): UpstreamState | undefined {
    return this.init.stream.streamInfo.upstreamState;
  }
  get downstreamConnection(): ConnectionInfo {
    return this.init.stream.connection;
  }
  get hidesClient(): boolean {
    const { streamInfo, connection } = this.init.stream;
    return streamInfo.hidesClient && connection.proxyTlvs === undefined;
  }
}

const NO_COOKIES: readonly string[] = Object.freeze([]);
