import type { Clock, ConnectionInfo, HeaderMap } from "@sluice/extension-api";
import { AHEAD_MAX, type PredictivePreconnect } from "../cluster/predictive-preconnect.ts";
import type { ClusterInfo, Host } from "../cluster/thread-local-cluster.ts";
import { systemRandom } from "../event/system-time.ts";
import type { TimerQueue } from "../event/timer-queue.ts";
import type { UpstreamState } from "../filter-state/upstream-state.ts";
import type { StreamProtocol } from "../http/codec.ts";
import { Headers } from "../http/header-map.ts";
import type { ConnectOptions, DownstreamAddresses } from "../transport-socket/upstream-transport-socket.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { PoolProtocol } from "./create-client-codec.ts";
import type { HttpPool } from "./http-pool.ts";
import { connectOptionsFor, requestedName } from "./server-name.ts";
import type { PoolContext } from "./upstream-connection.ts";

/** Who wants a pool, as far as that decides which. */
export interface PoolUser {
  readonly highPriority: boolean;
  /** Of the request that is to be sent on; undefined when no client sent it. */
  readonly downstreamProtocol: StreamProtocol | undefined;
  readonly downstreamConnection:
    | Pick<ConnectionInfo, "id" | "remoteAddress" | "localAddress" | "proxyTlvs">
    | undefined;
  /** The upstream is not told of that connection, in whatever pool. */
  readonly hidesClient?: boolean;
  /** What filter state says of the connection; undefined: nothing. */
  readonly upstreamState?: UpstreamState | undefined;
  /** What `auto_sni` and the like go by. */
  readonly requestHeaders?: HeaderMap | undefined;
}

/** Of `plain`: the default one, the high one. */
const PRIORITIES = [0, 1] as const;

/** A worker's pools for one host: one per priority, as the limits are, and more where connections are not to be shared. */
class HostPools {
  readonly info: ClusterInfo;
  /** The pools of a cluster that tells its users apart by nothing but their priority. */
  readonly plain: (ConnectionPool | undefined)[] = [undefined, undefined];
  /** Whether `plain` is all that there can be. */
  readonly simple: boolean;
  private readonly keyed = new Map<string, ConnectionPool>();
  private readonly host: Host;
  private readonly context: PoolContext;

  constructor(info: ClusterInfo, host: Host, context: PoolContext) {
    this.info = info;
    this.host = host;
    this.context = context;
    const { protocol, serverNames } = info.http;
    this.simple =
      protocol !== "downstream" &&
      !info.poolPerDownstreamConnection &&
      info.connect.perDownstream !== true &&
      !(serverNames.sni || serverNames.verify);
  }

  /** Undefined: the cluster may have no more pools. */
  of(user: PoolUser): ConnectionPool | undefined {
    const { info } = this;
    const { upstreamState } = user;
    const priority = user.highPriority ? 1 : 0;
    const stateKey = upstreamState?.key ?? "";
    if (this.simple && stateKey === "") {
      const known = this.plain[priority];
      if (known !== undefined) return known.sharing(upstreamState?.shared);
      const connect = { shared: upstreamState?.shared };
      const made = this.make(user, fixedProtocol(info), connect, () => this.dropPlain(priority));
      this.plain[priority] = made;
      return made;
    }
    const protocol =
      info.http.protocol !== "downstream"
        ? fixedProtocol(info)
        : user.downstreamProtocol === "HTTP/2"
          ? "http2"
          : "http1";
    const client = info.poolPerDownstreamConnection ? (user.downstreamConnection?.id ?? "") : "";
    const { serverNames } = info.http;
    const name = requestedName(serverNames, user.requestHeaders);
    const downstream = proxiedFor(info, user);
    const whom = downstream === undefined ? "" : `${downstream.remoteAddress} ${downstream.localAddress}`;
    const key = `${priority} ${protocol} ${client} ${name} ${whom} ${stateKey}`;
    let pool = this.keyed.get(key);
    if (pool === undefined) {
      const { highPriority } = user;
      const connect = {
        ...connectOptionsFor(serverNames, name),
        ...upstreamState?.tls,
        shared: upstreamState?.shared,
        ...(downstream === undefined ? {} : { downstream }),
      };
      pool = this.make(user, protocol, connect, () => this.dropKeyed(highPriority, key));
      if (pool !== undefined) this.keyed.set(key, pool);
    }
    return pool?.sharing(upstreamState?.shared);
  }

  /** Gives up its pools; what is on them goes on. */
  release(): void {
    // What is idle is dropped by that.
    this.drain((pool) => pool.drain());
    for (const priority of PRIORITIES) this.dropPlain(priority);
    for (const key of [...this.keyed.keys()]) this.dropKeyed(key.startsWith("1"), key);
  }

  drain(how: (pool: ConnectionPool) => void): void {
    for (const pool of this.plain) if (pool !== undefined) how(pool);
    for (const pool of [...this.keyed.values()]) how(pool);
  }

  private make(
    user: PoolUser,
    protocol: PoolProtocol,
    connect: ConnectOptions,
    onEmpty: () => void,
  ): ConnectionPool | undefined {
    const { info, host, context } = this;
    const { highPriority } = user;
    const { predictive } = info;
    const { connectionPools } = highPriority ? info.circuitBreakers.high : info.circuitBreakers.default;
    if (!connectionPools.tryAcquire()) {
      info.stats.upstreamCxPoolOverflow.inc();
      return undefined;
    }
    const onStream = predictive === undefined ? undefined : connectingAhead(info, predictive, user, context);
    return new ConnectionPool({ info, host, protocol, connect, highPriority, context, onEmpty, onStream });
  }

  private dropPlain(priority: 0 | 1): void {
    if (this.plain[priority] === undefined) return;
    this.plain[priority] = undefined;
    this.giveBack(priority === 1);
  }

  private dropKeyed(highPriority: boolean, key: string): void {
    if (this.keyed.delete(key)) this.giveBack(highPriority);
  }

  private giveBack(highPriority: boolean): void {
    const { default: usual, high } = this.info.circuitBreakers;
    (highPriority ? high : usual).connectionPools.release();
    if (this.plain[0] !== undefined || this.plain[1] !== undefined || this.keyed.size > 0) return;
    // As Envoy, which looks at the pools of both priorities when a host has none any more: both are told of from now on.
    for (const { connectionPools } of [usual, high]) {
      connectionPools.take();
      connectionPools.release();
    }
  }
}

function connectingAhead(
  info: ClusterInfo,
  predictive: PredictivePreconnect,
  user: PoolUser,
  context: PoolContext,
): () => void {
  // One who is given the same pools, without what belongs to its request.
  const name = requestedName(info.http.serverNames, user.requestHeaders);
  const authority = name.includes(":") ? `[${name}]` : name;
  const alike: PoolUser = {
    highPriority: user.highPriority,
    downstreamProtocol: user.downstreamProtocol,
    downstreamConnection: user.downstreamConnection,
    hidesClient: user.hidesClient ?? false,
    requestHeaders: new Headers([":authority", authority]),
  };
  return () => connectAhead(info, predictive, alike, context);
}

/** Whom a connection tells the upstream that it is for; undefined: nobody in particular. */
function proxiedFor(info: ClusterInfo, user: PoolUser): DownstreamAddresses | undefined {
  if (info.connect.perDownstream !== true || user.hidesClient === true) return undefined;
  const { downstreamConnection } = user;
  if (downstreamConnection === undefined) return undefined;
  const { remoteAddress, localAddress, proxyTlvs } = downstreamConnection;
  return { remoteAddress, localAddress, proxyTlvs };
}

function fixedProtocol({ http }: ClusterInfo): PoolProtocol {
  return http.protocol === "downstream" ? "http1" : http.protocol;
}

/**
 * The worker's pool for requests to a host; undefined where the cluster's circuit breaker allows no more pools. A cluster whose
 * configuration changed gets new ones, the old ones drain.
 */
export function httpPoolFor(
  info: ClusterInfo,
  host: Host,
  user: PoolUser,
  context: PoolContext,
): HttpPool | undefined {
  return poolsOf(host.cluster ?? info, host, context).of(user);
}

/** A stream has come: the hosts of those that will follow may get connections. */
function connectAhead(
  info: ClusterInfo,
  predictive: PredictivePreconnect,
  user: PoolUser,
  context: PoolContext,
): void {
  for (let opened = 0; opened < AHEAD_MAX && predictive.wantsMore; opened++) {
    const host = predictive.peek();
    const pool = host === undefined ? undefined : poolsOf(host.cluster ?? info, host, context).of(user);
    if (pool?.connectAhead(predictive.ratio) !== true) return;
  }
}

/** For a request whose client does not matter; where no more pools may be made, one that refuses. */
export function httpPoolOf(
  info: ClusterInfo,
  host: Host,
  highPriority: boolean,
  clock: Clock,
  timers: TimerQueue,
): HttpPool {
  const context = { clock, timers, random: systemRandom };
  return httpPoolFor(info, host, highPriority ? HIGH : DEFAULT, context) ?? NO_POOL;
}

const DEFAULT: PoolUser = {
  highPriority: false,
  downstreamProtocol: undefined,
  downstreamConnection: undefined,
};
const HIGH: PoolUser = { ...DEFAULT, highPriority: true };

const NO_POOL: HttpPool = {
  newStream: (waiter) => waiter.onFailure("overflow", ""),
  cancel() {},
  drain() {},
};

function poolsOf(info: ClusterInfo, host: Host, context: PoolContext): HostPools {
  const found = host.pool;
  if (found instanceof HostPools) {
    if (found.info === info) return found;
    found.release();
  }
  const pools = new HostPools(info, host, context);
  host.pool = pools;
  return pools;
}

/** A host has left its cluster, or its cluster has gone or changed: no pool of it is used again. */
export function drainHost(host: Host): void {
  if (!(host.pool instanceof HostPools)) return;
  host.pool.release();
  host.pool = undefined;
}

/** A host's health has failed: its connections end with their streams, later requests get new ones. */
export function drainHostConnections(host: Host): void {
  if (host.pool instanceof HostPools) host.pool.drain((pool) => pool.drainConnections());
}
