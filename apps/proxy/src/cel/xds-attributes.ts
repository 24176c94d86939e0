import type { CelInput } from "@bufbuild/cel";
import { fromBinary } from "@bufbuild/protobuf";
import { type Metadata, NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CelSubject } from "./expression.ts";
import { metadataMessage } from "./metadata-message.ts";
import { threadFacts } from "./thread-facts.ts";
import { upstreamHost } from "./upstream-attributes.ts";

/** `xds.…`: of the configuration that a request or connection goes by; undefined: there is none of that name, or not yet. */
export function xdsAttribute(subject: CelSubject, name: string, knowsNode: boolean): CelInput | undefined {
  const { streamInfo, connection } = subject;
  switch (name) {
    case "node": {
      const node = knowsNode ? threadFacts()?.node : undefined;
      return node === undefined ? undefined : fromBinary(NodeSchema, node);
    }
    case "cluster_name":
      return streamInfo.upstreamCluster;
    case "cluster_metadata":
      return streamInfo.upstreamCluster === undefined
        ? undefined
        : metadataMessage(streamInfo.upstreamClusterMetadata);
    case "route_name":
      return hasRoute(subject) ? streamInfo.routeName : undefined;
    case "route_metadata":
      return hasRoute(subject) ? metadataMessage(subject.routeMetadata) : undefined;
    case "virtual_host_name":
      return hasRoute(subject) ? streamInfo.virtualHostName : undefined;
    case "virtual_host_metadata":
      return hasRoute(subject) ? metadataMessage(subject.virtualHostMetadata) : undefined;
    case "upstream_host_metadata":
      return streamInfo.upstreamRemoteAddress === undefined ? undefined : orNull(streamInfo.upstreamMetadata);
    case "upstream_host_locality_metadata": {
      const host = upstreamHost(subject);
      return host === undefined ? undefined : orNull(host.localityMetadata);
    }
    case "filter_chain_name":
      return connection.filterChainName ?? "";
    case "listener_metadata":
      return metadataMessage(connection.listenerMetadata);
    case "listener_direction":
      return BigInt(connection.listenerDirection ?? 0);
    default:
      return undefined;
  }
}

/** Endpoints and localities without metadata have null in Envoy, where routes and clusters have an empty message. */
const orNull = (metadata: Readonly<Record<string, unknown>> | undefined): Metadata | null =>
  metadata === undefined ? null : metadataMessage(metadata);

/** A virtual host always has a name. */
const hasRoute = ({ streamInfo }: CelSubject): boolean => streamInfo.virtualHostName !== "";
