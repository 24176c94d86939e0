import { create } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextKey,
  type HandlerContext,
} from "@connectrpc/connect";
import { ClusterDiscoveryService } from "../../gen/envoy/service/cluster/v3/cds_pb.js";
import { AggregatedDiscoveryService } from "../../gen/envoy/service/discovery/v3/ads_pb.js";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { EndpointDiscoveryService } from "../../gen/envoy/service/endpoint/v3/eds_pb.js";
import { ExtensionConfigDiscoveryService } from "../../gen/envoy/service/extension/v3/config_discovery_pb.js";
import { ListenerDiscoveryService } from "../../gen/envoy/service/listener/v3/lds_pb.js";
import {
  RouteDiscoveryService,
  VirtualHostDiscoveryService,
} from "../../gen/envoy/service/route/v3/rds_pb.js";
import { ScopedRoutesDiscoveryService } from "../../gen/envoy/service/route/v3/srds_pb.js";
import { RuntimeDiscoveryService } from "../../gen/envoy/service/runtime/v3/rtds_pb.js";
import { SecretDiscoveryService } from "../../gen/envoy/service/secret/v3/sds_pb.js";
import type { SnapshotSource, XdsServerObserver, XdsStreamInfo } from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { DeltaTypeStream } from "./delta-type-stream.ts";
import { DiscoveryStream } from "./discovery-stream.ts";
import { EncodedResources } from "./encoded-resources.ts";
import { nodeIdentity } from "./node-identity.ts";
import { SotwTypeStream } from "./sotw-type-stream.ts";

export interface XdsRoutesOptions {
  /** Open streams at most; one more is refused with `resource_exhausted`. Default 10,000. */
  readonly maxStreams?: number;
  /** How long listeners and routes wait for the ACK of the clusters before them. Default 5,000 ms. */
  readonly holdMs?: number;
}

/** Set it in the adapter's `contextValues` to the `ip:port` of the socket's peer. */
export const peerKey = createContextKey("", { description: "the peer of the connection, ip:port" });

type Variant = XdsStreamInfo["variant"];
type Refreshable = { refresh(): void; readonly info: XdsStreamInfo | undefined };

/**
 * Mounts xDS on a Connect router: aggregated and separate services, state of the world, delta and (for one-off fetches by
 * gRPC) unary. The content comes from `source`; `observer` is told what happens on each stream.
 */
export function xdsRoutes(
  source: SnapshotSource,
  observer: XdsServerObserver,
  options: XdsRoutesOptions = {},
): (router: ConnectRouter) => void {
  const maxStreams = options.maxStreams ?? 10_000;
  const holdMs = options.holdMs ?? 5_000;
  const encoded = new EncodedResources();
  const open = new Set<Refreshable>();
  let lastId = 0;
  source.watch((affected) => {
    for (const stream of open) if (stream.info !== undefined && affected(stream.info.node)) stream.refresh();
  });

  async function* run<Request extends DiscoveryRequest | DeltaDiscoveryRequest, Response>(
    stream: DiscoveryStream<Request, Response>,
    requests: AsyncIterable<Request>,
    context: HandlerContext,
  ): AsyncGenerator<Response> {
    if (open.size >= maxStreams) {
      throw new ConnectError(`more than ${maxStreams} xDS streams are open`, Code.ResourceExhausted);
    }
    open.add(stream);
    let reason = "the node ended it";
    const aborted = (): void => stream.end();
    context.signal.addEventListener("abort", aborted);
    if (context.signal.aborted) stream.end();
    void (async () => {
      try {
        for await (const request of requests) stream.receive(request);
        stream.end();
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        stream.end(error instanceof ConnectError ? error : undefined);
      }
    })();
    try {
      yield* stream.responses();
    } finally {
      context.signal.removeEventListener("abort", aborted);
      stream.end();
      open.delete(stream);
      if (stream.info !== undefined) observer.onStreamClosed(stream.info, reason);
    }
  }

  const sotw = (variant: Variant, typeUrl: string | undefined) =>
    async function* (requests: AsyncIterable<DiscoveryRequest>, context: HandlerContext) {
      const stream = new DiscoveryStream<DiscoveryRequest, DiscoveryResponse>({
        id: ++lastId,
        variant,
        peer: context.values.get(peerKey),
        typeUrl,
        source,
        observer,
        holdMs,
        createTypeStream: (type) => new SotwTypeStream(type, encoded),
      });
      yield* run(stream, requests, context);
    };
  const delta = (variant: Variant, typeUrl: string | undefined) =>
    async function* (requests: AsyncIterable<DeltaDiscoveryRequest>, context: HandlerContext) {
      const stream = new DiscoveryStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>({
        id: ++lastId,
        variant,
        peer: context.values.get(peerKey),
        typeUrl,
        source,
        observer,
        holdMs,
        createTypeStream: (type) => new DeltaTypeStream(type, encoded),
      });
      yield* run(stream, requests, context);
    };
  /** One answer with what there is now. */
  const fetchOf = (typeUrl: string) => (request: DiscoveryRequest) => {
    const node = nodeIdentity(request.node);
    if (node === undefined)
      throw new ConnectError("the request must carry a node with an id", Code.InvalidArgument);
    const section = source.snapshotFor(node)?.types.get(typeUrl);
    if (section === undefined) throw new ConnectError(`there is nothing of ${typeUrl}`, Code.NotFound);
    const typeStream = new SotwTypeStream(typeUrl, encoded);
    typeStream.update(request);
    return typeStream.isDue(section)
      ? typeStream.respond(section, "", false).response
      : create(DiscoveryResponseSchema, { versionInfo: section.version, typeUrl });
  };

  return (router) => {
    router.service(AggregatedDiscoveryService, {
      streamAggregatedResources: sotw("ads", undefined),
      deltaAggregatedResources: delta("delta-ads", undefined),
    });
    router.service(ClusterDiscoveryService, {
      streamClusters: sotw("sotw", TYPE_URLS.cluster),
      deltaClusters: delta("delta", TYPE_URLS.cluster),
      fetchClusters: fetchOf(TYPE_URLS.cluster),
    });
    router.service(EndpointDiscoveryService, {
      streamEndpoints: sotw("sotw", TYPE_URLS.endpoint),
      deltaEndpoints: delta("delta", TYPE_URLS.endpoint),
      fetchEndpoints: fetchOf(TYPE_URLS.endpoint),
    });
    router.service(ListenerDiscoveryService, {
      streamListeners: sotw("sotw", TYPE_URLS.listener),
      deltaListeners: delta("delta", TYPE_URLS.listener),
      fetchListeners: fetchOf(TYPE_URLS.listener),
    });
    router.service(RouteDiscoveryService, {
      streamRoutes: sotw("sotw", TYPE_URLS.route),
      deltaRoutes: delta("delta", TYPE_URLS.route),
      fetchRoutes: fetchOf(TYPE_URLS.route),
    });
    router.service(VirtualHostDiscoveryService, { deltaVirtualHosts: delta("delta", TYPE_URLS.virtualHost) });
    router.service(ScopedRoutesDiscoveryService, {
      streamScopedRoutes: sotw("sotw", TYPE_URLS.scopedRoute),
      deltaScopedRoutes: delta("delta", TYPE_URLS.scopedRoute),
      fetchScopedRoutes: fetchOf(TYPE_URLS.scopedRoute),
    });
    router.service(SecretDiscoveryService, {
      streamSecrets: sotw("sotw", TYPE_URLS.secret),
      deltaSecrets: delta("delta", TYPE_URLS.secret),
      fetchSecrets: fetchOf(TYPE_URLS.secret),
    });
    router.service(RuntimeDiscoveryService, {
      streamRuntime: sotw("sotw", TYPE_URLS.runtime),
      deltaRuntime: delta("delta", TYPE_URLS.runtime),
      fetchRuntime: fetchOf(TYPE_URLS.runtime),
    });
    router.service(ExtensionConfigDiscoveryService, {
      streamExtensionConfigs: sotw("sotw", TYPE_URLS.extensionConfig),
      deltaExtensionConfigs: delta("delta", TYPE_URLS.extensionConfig),
      fetchExtensionConfigs: fetchOf(TYPE_URLS.extensionConfig),
    });
  };
}
