import type { DescMethodBiDiStreaming, DescService } from "@bufbuild/protobuf";
import { ClusterDiscoveryService } from "../gen/envoy/service/cluster/v3/cds_pb.js";
import { AggregatedDiscoveryService } from "../gen/envoy/service/discovery/v3/ads_pb.js";
import type {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "../gen/envoy/service/discovery/v3/discovery_pb.js";
import { EndpointDiscoveryService } from "../gen/envoy/service/endpoint/v3/eds_pb.js";
import { ExtensionConfigDiscoveryService } from "../gen/envoy/service/extension/v3/config_discovery_pb.js";
import { ListenerDiscoveryService } from "../gen/envoy/service/listener/v3/lds_pb.js";
import { RouteDiscoveryService, VirtualHostDiscoveryService } from "../gen/envoy/service/route/v3/rds_pb.js";
import { ScopedRoutesDiscoveryService } from "../gen/envoy/service/route/v3/srds_pb.js";
import { RuntimeDiscoveryService } from "../gen/envoy/service/runtime/v3/rtds_pb.js";
import { SecretDiscoveryService } from "../gen/envoy/service/secret/v3/sds_pb.js";
import { TYPE_URLS } from "./type-urls.ts";

export type SotwMethod = DescMethodBiDiStreaming<
  typeof DiscoveryRequestSchema,
  typeof DiscoveryResponseSchema
>;
export type DeltaMethod = DescMethodBiDiStreaming<
  typeof DeltaDiscoveryRequestSchema,
  typeof DeltaDiscoveryResponseSchema
>;

/** The services that carry xDS. `typeUrl` undefined: any type (ADS). */
export const DISCOVERY_SERVICES: readonly {
  readonly service: DescService;
  readonly typeUrl: string | undefined;
}[] = [
  { service: AggregatedDiscoveryService, typeUrl: undefined },
  { service: ListenerDiscoveryService, typeUrl: TYPE_URLS.listener },
  { service: RouteDiscoveryService, typeUrl: TYPE_URLS.route },
  { service: ScopedRoutesDiscoveryService, typeUrl: TYPE_URLS.scopedRoute },
  { service: VirtualHostDiscoveryService, typeUrl: TYPE_URLS.virtualHost },
  { service: ClusterDiscoveryService, typeUrl: TYPE_URLS.cluster },
  { service: EndpointDiscoveryService, typeUrl: TYPE_URLS.endpoint },
  { service: SecretDiscoveryService, typeUrl: TYPE_URLS.secret },
  { service: RuntimeDiscoveryService, typeUrl: TYPE_URLS.runtime },
  { service: ExtensionConfigDiscoveryService, typeUrl: TYPE_URLS.extensionConfig },
];

export function isSotw(method: DescService["methods"][number]): method is SotwMethod {
  return method.methodKind === "bidi_streaming" && method.input.name === "DiscoveryRequest";
}

export function isDelta(method: DescService["methods"][number]): method is DeltaMethod {
  return method.methodKind === "bidi_streaming" && method.input.name === "DeltaDiscoveryRequest";
}
