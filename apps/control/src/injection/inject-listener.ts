import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { ChallengeContent } from "@sluice/config";
import { type AccessLog, AccessLogSchema } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { ApiVersion } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { type GrpcService, GrpcServiceSchema } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import type { Filter } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { OpenTelemetryConfigSchema } from "@sluice/xds/gen/envoy/config/trace/v3/opentelemetry_pb.js";
import {
  CommonGrpcAccessLogConfigSchema,
  HttpGrpcAccessLogConfigSchema,
} from "@sluice/xds/gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import {
  type HttpConnectionManager,
  type HttpConnectionManager_Tracing,
  HttpConnectionManager_TracingSchema,
  HttpConnectionManagerSchema,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { addAlpnChains } from "./alpn-chains.ts";
import { addChallengeRoutes } from "./challenge-routes.ts";
import { injectVirtualHosts } from "./inject-routes.ts";
import { CONTROL_CLUSTER, type InjectionSettings } from "./injection-settings.ts";

const TYPE_PREFIX = "type.googleapis.com/";
const ACCESS_LOG_FLUSH = { seconds: 0n, nanos: 250_000_000 };
const EXPORT_TIMEOUT = { seconds: 1n, nanos: 0 };

/**
 * The listener with what telemetry needs in each of its HTTP connection managers: the control plane's access log, a tracer
 * where the user configured no tracing, and stat prefixes in inline routes. The same bytes go in and out when nothing is
 * to be added. Managers inside a TypedStruct or from extension config discovery stay as they are.
 */
export function injectListener(
  value: Uint8Array,
  settings: InjectionSettings,
  challenges: ChallengeContent,
): Uint8Array {
  const listener = fromBinary(ListenerSchema, value);
  const added = [
    injectIntoListener(listener, settings, challenges.http),
    addAlpnChains(listener, challenges.alpn),
  ];
  return added.includes(true) ? toBinary(ListenerSchema, listener) : value;
}

function injectIntoListener(
  listener: Listener,
  settings: InjectionSettings,
  answersChallenges: boolean,
): boolean {
  const chains = [...listener.filterChains];
  if (listener.defaultFilterChain !== undefined) chains.push(listener.defaultFilterChain);
  let changed = false;
  for (const filter of chains.flatMap(({ filters }) => filters)) {
    if (injectFilter(filter, listener.name, settings, answersChallenges)) changed = true;
  }
  return changed;
}

function injectFilter(
  filter: Filter,
  logName: string,
  settings: InjectionSettings,
  answersChallenges: boolean,
): boolean {
  if (filter.configType.case !== "typedConfig") return false;
  const any = filter.configType.value;
  if (!any.typeUrl.endsWith(`/${HttpConnectionManagerSchema.typeName}`)) return false;
  const manager = fromBinary(HttpConnectionManagerSchema, any.value);
  const added = [
    addAccessLog(manager, logName),
    addTracing(manager, settings),
    manager.routeSpecifier.case === "routeConfig" &&
      injectVirtualHosts(manager.routeSpecifier.value.virtualHosts),
    answersChallenges && answerChallenges(manager),
  ];
  if (!added.includes(true)) return false;
  any.value = toBinary(HttpConnectionManagerSchema, manager);
  return true;
}

function answerChallenges({ routeSpecifier, httpFilters }: HttpConnectionManager): boolean {
  if (routeSpecifier.case !== "routeConfig") return false;
  addChallengeRoutes(
    routeSpecifier.value,
    httpFilters.slice(0, -1).map(({ name }) => name),
  );
  return true;
}

function addAccessLog(manager: HttpConnectionManager, logName: string): boolean {
  if (manager.accessLog.some(logsHere)) return false;
  const config = create(HttpGrpcAccessLogConfigSchema, {
    commonConfig: create(CommonGrpcAccessLogConfigSchema, {
      logName,
      grpcService: controlService(),
      transportApiVersion: ApiVersion.V3,
      bufferFlushInterval: ACCESS_LOG_FLUSH,
    }),
  });
  manager.accessLog.push(
    create(AccessLogSchema, {
      name: "envoy.access_loggers.http_grpc",
      configType: {
        case: "typedConfig",
        value: packed(
          HttpGrpcAccessLogConfigSchema.typeName,
          toBinary(HttpGrpcAccessLogConfigSchema, config),
        ),
      },
    }),
  );
  return true;
}

/** The user's own log to the control plane, with whatever filter they gave it, is theirs. */
function logsHere({ configType }: AccessLog): boolean {
  if (configType.case !== "typedConfig") return false;
  const any = configType.value;
  if (!any.typeUrl.endsWith(`/${HttpGrpcAccessLogConfigSchema.typeName}`)) return false;
  const { commonConfig } = fromBinary(HttpGrpcAccessLogConfigSchema, any.value);
  const target = commonConfig?.grpcService?.targetSpecifier;
  return target?.case === "envoyGrpc" && target.value.clusterName === CONTROL_CLUSTER;
}

function addTracing(manager: HttpConnectionManager, settings: InjectionSettings): boolean {
  if (manager.tracing !== undefined || settings.traceSamplingPercent === 0) return false;
  manager.tracing = tracing(settings.traceSamplingPercent);
  return true;
}

function tracing(percent: number): HttpConnectionManager_Tracing {
  const config = create(OpenTelemetryConfigSchema, {
    grpcService: controlService(true),
    serviceName: "sluice",
  });
  return create(HttpConnectionManager_TracingSchema, {
    randomSampling: { value: percent },
    spawnUpstreamSpan: true,
    provider: {
      name: "envoy.tracers.opentelemetry",
      configType: {
        case: "typedConfig",
        value: packed(OpenTelemetryConfigSchema.typeName, toBinary(OpenTelemetryConfigSchema, config)),
      },
    },
  });
}

function controlService(withTimeout = false): GrpcService {
  return create(GrpcServiceSchema, {
    targetSpecifier: { case: "envoyGrpc", value: { clusterName: CONTROL_CLUSTER } },
    ...(withTimeout ? { timeout: EXPORT_TIMEOUT } : {}),
  });
}

function packed(typeName: string, value: Uint8Array): Any {
  return create(AnySchema, { typeUrl: `${TYPE_PREFIX}${typeName}`, value });
}
