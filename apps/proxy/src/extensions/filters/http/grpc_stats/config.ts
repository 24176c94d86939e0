import type { Compiled, Counter, Histogram, Problem, StatsScope } from "@sluice/extension-api";
import type { FilterConfig } from "@sluice/xds/gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.js";

export interface GrpcStatsConfig {
  readonly emitFilterState: boolean;
  readonly upstreamStats: boolean;
  /** The stats of a method of a cluster; undefined where it is not one that is told apart: the cluster's own. */
  methodStats(clusterStatName: string, service: string, method: string): GrpcMethodStats;
}

/** Below `cluster.<name>.grpc.`, and below the method's name where it is told apart. */
export interface GrpcMethodStats {
  readonly success: Counter;
  readonly failure: Counter;
  readonly total: Counter;
  readonly requestMessages: Counter;
  readonly responseMessages: Counter;
  readonly upstreamTime: Histogram;
  /** By the code's text; undefined: peers have sent too many. */
  status(code: string): Counter | undefined;
}

/** Names that a peer chooses would fill the stats without an end. */
const METHODS_MAX = 10_000;
/** gRPC has 17. */
const CODES_MAX = 100;

export function compileGrpcStats(config: FilterConfig, root: StatsScope): Compiled<GrpcStatsConfig> {
  const problems: Problem[] = [];
  const { perMethodStatSpecifier: specifier } = config;
  const all = specifier.case === "statsForAllMethods" ? (specifier.value.value ?? false) : false;
  const listed = new Set<string>();
  if (specifier.case === "individualMethodStatsAllowlist") {
    for (const { name, methodNames } of specifier.value.services) {
      for (const method of methodNames) listed.add(`${name}/${method}`);
    }
  }
  const known = new Map<string, GrpcMethodStats>();
  const dots = config.replaceDotsInGrpcServiceName;
  const value: GrpcStatsConfig = {
    emitFilterState: config.emitFilterState,
    upstreamStats: config.enableUpstreamStats,
    methodStats: (cluster, service, method) => {
      const apart = (all && known.size < METHODS_MAX) || listed.has(`${service}/${method}`);
      const key = apart ? `${cluster} ${service}/${method}` : cluster;
      const found = known.get(key);
      if (found !== undefined) return found;
      const grpc = root.scope("cluster").scope(cluster).scope("grpc");
      const stats = createMethodStats(
        apart ? grpc.scope(all && dots ? service.replaceAll(".", "_") : service).scope(method) : grpc,
      );
      known.set(key, stats);
      return stats;
    },
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.freeze(value) };
}

function createMethodStats(scope: StatsScope): GrpcMethodStats {
  const codes = new Map<string, Counter>();
  return {
    success: scope.counter("success"),
    failure: scope.counter("failure"),
    total: scope.counter("total"),
    requestMessages: scope.counter("request_message_count"),
    responseMessages: scope.counter("response_message_count"),
    upstreamTime: scope.histogram("upstream_rq_time"),
    status: (code) => {
      let counter = codes.get(code);
      if (counter === undefined && codes.size < CODES_MAX) {
        counter = scope.counter(code);
        codes.set(code, counter);
      }
      return counter;
    },
  };
}
