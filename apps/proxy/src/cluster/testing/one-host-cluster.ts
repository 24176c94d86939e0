import { connect } from "node:net";
import { LOWER_CASE } from "../../http/h1/header-spelling.ts";
import { compileHttp2Options } from "../../http/h2/http2-options.ts";
import { testHost } from "../../load-balancer/testing/test-host.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { createClusterStats } from "../cluster-stats.ts";
import type {
  ClusterInfo,
  CountedResource,
  ResourceLimits,
  ThreadLocalCluster,
} from "../thread-local-cluster.ts";

const HTTP1 = { trailers: false, allowChunkedLength: false, fullyQualifiedUrl: false, spelling: LOWER_CASE };

/** What a cluster without HTTP options of its own speaks; without an idle timeout. */
const PLAIN_HTTP: Pick<
  ClusterInfo,
  "http" | "http1" | "http2" | "preconnectRatio" | "poolPerDownstreamConnection"
> = {
  http: {
    protocol: "http1",
    http1: HTTP1,
    http2: compileHttp2Options(undefined, false),
    serverNames: { sni: false, verify: false, header: "" },
    idleTimeoutMs: 0,
    maxConnectionDurationMs: 0,
    maxConnectionDurationJitterPercent: 0,
    maxRequestsPerConnection: 0,
    maxResponseHeadersCount: 100,
    maxStreamDurationMs: 0,
    policies: undefined,
    maxResponseHeadersKb: 60,
  },
  http1: { ...HTTP1, headBytesMax: 60 * 1024, headersMax: 100 },
  http2: undefined,
  preconnectRatio: 1,
  poolPerDownstreamConnection: false,
};

const UNLIMITED: CountedResource = { tryAcquire: () => true, take() {}, release() {} };

/** Circuit breakers that let everything pass but what `given` holds. */
export function testLimits(given: Partial<ResourceLimits> = {}): ResourceLimits {
  return {
    connections: UNLIMITED,
    pendingRequests: UNLIMITED,
    requests: UNLIMITED,
    retries: UNLIMITED,
    connectionPools: UNLIMITED,
    connectionsPerHost: 1024,
    ...given,
  };
}

/** A cluster of one host at a real port of 127.0.0.1, which nobody counts. */
export function oneHostCluster(
  name: string,
  port: number,
  given: Partial<ClusterInfo> = {},
): ThreadLocalCluster {
  const connectTo = { host: "127.0.0.1", port };
  const host = testHost(`127.0.0.1:${port}`, { connectTo });
  return {
    info: {
      name,
      statName: name,
      maintenanceModeKey: "upstream.maintenance_mode.web",
      connectTimeoutMs: 1000,
      bufferLimitBytes: 1024 * 1024,
      ...PLAIN_HTTP,
      stats: createClusterStats(discardingStats(), name),
      tracked: { timeoutBudgets: undefined, sizes: undefined },
      circuitBreakers: { default: testLimits(), high: testLimits() },
      connect: () => connect(connectTo),
      ...given,
    },
    chooseHost: () => host,
    hostCount: 1,
    hostSets: [],
  };
}
