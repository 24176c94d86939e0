import { createServer } from "node:http2";
import type { Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { messageDescriptor, parseYaml } from "@sluice/xds";
import { ClusterDiscoveryService } from "@sluice/xds/gen/envoy/service/cluster/v3/cds_pb.js";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";
import { VirtualHostDiscoveryService } from "@sluice/xds/gen/envoy/service/route/v3/rds_pb.js";

/** A resource of `deltaServer`: its YAML in one line; it is sent when one of its names is asked for, or at once. */
export interface DeltaResource {
  readonly name: string;
  readonly yaml: string;
  readonly aliases?: readonly string[];
  /** Sent without being asked for. */
  readonly atOnce?: boolean;
}

/**
 * A management server for connections to `{{tcp}}`: virtual hosts and clusters on demand, by delta xDS. Names that it has not
 * got are answered as such: virtual hosts by an empty resource, clusters as removed.
 */
export function deltaServer(
  hosts: readonly DeltaResource[],
  clusters: readonly DeltaResource[],
): (socket: Socket) => void {
  const server = createServer(
    connectNodeAdapter({
      connect: false,
      grpcWeb: false,
      routes: (router) => {
        router.service(VirtualHostDiscoveryService, {
          deltaVirtualHosts: (requests) =>
            answer(requests, "envoy.config.route.v3.VirtualHost", hosts, "empty"),
        });
        router.service(ClusterDiscoveryService, {
          deltaClusters: (requests) =>
            answer(requests, "envoy.config.cluster.v3.Cluster", clusters, "removed"),
        });
      },
    }),
  );
  return (socket) => server.emit("connection", socket);
}

async function* answer(
  requests: AsyncIterable<DeltaDiscoveryRequest>,
  type: string,
  resources: readonly DeltaResource[],
  whenMissing: "empty" | "removed",
): AsyncGenerator<DeltaDiscoveryResponse> {
  let nonce = 0;
  for await (const { resourceNamesSubscribe: names, responseNonce } of requests) {
    const found = resources.filter(
      ({ name, aliases = [], atOnce = false }) =>
        (nonce === 0 && responseNonce === "" && atOnce) ||
        [name, ...aliases].some((each) => names.includes(each)),
    );
    const missing = names.filter(
      (asked) => asked !== "*" && !found.some(({ name, aliases = [] }) => [name, ...aliases].includes(asked)),
    );
    if (nonce > 0 && names.length === 0) continue;
    nonce++;
    yield create(DeltaDiscoveryResponseSchema, {
      typeUrl: `type.googleapis.com/${type}`,
      nonce: String(nonce),
      systemVersionInfo: String(nonce),
      resources: [
        ...found.map(({ name, yaml, aliases = [] }) => ({
          name,
          version: "1",
          aliases: [...aliases],
          resource: { typeUrl: `type.googleapis.com/${type}`, value: encode(type, yaml) },
        })),
        ...(whenMissing === "empty" ? missing.map((name) => ({ name, version: "1", aliases: [name] })) : []),
      ],
      removedResources: whenMissing === "removed" ? missing : [],
    });
  }
}

function encode(type: string, yaml: string): Uint8Array {
  const { message } = parseYaml(yaml, type);
  if (message === undefined) throw new Error(`no ${type}: ${yaml}`);
  return toBinary(messageDescriptor(type), message);
}
