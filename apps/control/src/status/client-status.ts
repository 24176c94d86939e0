import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { AuthenticatedNode } from "@sluice/xds";
import { ClientResourceStatus } from "@sluice/xds/gen/envoy/admin/v3/config_dump_shared_pb.js";
import {
  ClientStatusDiscoveryService,
  type ClientStatusRequest,
  ConfigStatus,
} from "@sluice/xds/gen/envoy/service/status/v3/csds_pb.js";
import { authenticatedNodeKey, type StreamStatus, type TypeStatus, type XdsServer } from "@sluice/xds/server";
import { nodeFilter } from "./node-filter.ts";

type Status = Pick<XdsServer, "status">;

/**
 * Envoy's client status discovery service (CSDS): what each node that is connected to this replica was sent, and whether it
 * acknowledged or refused it, resource by resource.
 */
export function clientStatusRoutes(xds: Status): (router: ConnectRouter) => void {
  return (router) => {
    router.service(ClientStatusDiscoveryService, {
      fetchClientStatus: (request, { values }) => answer(xds, request, values.get(authenticatedNodeKey)),
      async *streamClientStatus(requests, { values }) {
        for await (const request of requests) yield answer(xds, request, values.get(authenticatedNodeKey));
      },
    });
  };
}

/** Who comes as a node, by its certificate, sees that node alone. */
function answer(xds: Status, request: ClientStatusRequest, asker: AuthenticatedNode | undefined) {
  const filter = nodeFilter(request.nodeMatchers);
  if (typeof filter === "string") throw new ConnectError(filter, Code.InvalidArgument);
  const chosen = xds
    .status()
    .filter(({ stream: { node } }) => filter(node.id) && (asker === undefined || asker.id === node.id));
  const byNode = Map.groupBy(chosen, ({ stream }) => stream.node.id);
  return {
    config: [...byNode.values()].map((streams) => configOf(streams, request.excludeResourceContents)),
  };
}

/** Of one node, over all of its streams. */
function configOf(streams: readonly StreamStatus[], excludeContents: boolean) {
  const [first] = streams;
  const node = first?.stream.node;
  return {
    node: {
      id: node?.id ?? "",
      cluster: node?.cluster ?? "",
      userAgentName: node?.userAgentName ?? "",
      locality: { region: node?.region ?? "", zone: node?.zone ?? "", subZone: node?.subZone ?? "" },
    },
    clientScope: streams.map(({ stream }) => `${stream.variant} ${stream.peer}`).join(", "),
    genericXdsConfigs: streams.flatMap(({ types }) =>
      types.flatMap((type) => genericOf(type, excludeContents)),
    ),
  };
}

function genericOf(type: TypeStatus, excludeContents: boolean) {
  const { typeUrl, refusal, version } = type;
  const common = {
    typeUrl,
    versionInfo: version,
    ...(type.at === undefined ? {} : { lastUpdated: timestamp(type.at) }),
    ...(refusal === undefined
      ? {}
      : {
          errorState: {
            details: refusal.message,
            versionInfo: refusal.version,
            lastUpdateAttempt: timestamp(refusal.at),
          },
        }),
  };
  const sent = type.resources.map(({ name, value }) => ({
    ...common,
    name,
    configStatus: configStatusOf(type),
    clientStatus: clientStatusOf(type),
    ...(excludeContents ? {} : { xdsConfig: { typeUrl, value } }),
  }));
  const missing = type.missing.map((name) => ({
    ...common,
    name,
    configStatus: ConfigStatus.NOT_SENT,
    clientStatus: ClientResourceStatus.DOES_NOT_EXIST,
  }));
  return [...sent, ...missing];
}

function configStatusOf({ answer, isCurrent }: TypeStatus): ConfigStatus {
  if (answer === "refused") return ConfigStatus.ERROR;
  return answer === "acknowledged" && isCurrent ? ConfigStatus.SYNCED : ConfigStatus.STALE;
}

function clientStatusOf({ answer }: TypeStatus): ClientResourceStatus {
  if (answer === "refused") return ClientResourceStatus.NACKED;
  return answer === "acknowledged" ? ClientResourceStatus.ACKED : ClientResourceStatus.REQUESTED;
}

function timestamp(at: Date) {
  const milliseconds = at.getTime();
  return {
    seconds: BigInt(Math.floor(milliseconds / 1000)),
    nanos: (milliseconds % 1000) * 1_000_000,
  };
}
