import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createContextKey,
  createContextValues,
  type MethodImpl,
} from "@connectrpc/connect";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import {
  type DeltaMethod,
  DISCOVERY_SERVICES,
  isDelta,
  isSotw,
  type SotwMethod,
} from "../discovery-services.ts";
import type {
  AuthenticatedNode,
  SnapshotSource,
  XdsServerObserver,
  XdsStreamInfo,
} from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { authenticatedNodeKey } from "./authenticated-node.ts";
import { DeltaTypeStream } from "./delta-type-stream.ts";
import {
  type AnyDiscoveryRequest,
  DiscoveryStream,
  type DiscoveryStreamOptions,
} from "./discovery-stream.ts";
import { EncodedResources } from "./encoded-resources.ts";
import { GrpcStream } from "./grpc-stream.ts";
import { peerAddress } from "./peer-address.ts";
import { paced } from "./request-pace.ts";
import { type RestHandler, RestServer } from "./rest-server.ts";
import { SotwTypeStream } from "./sotw-type-stream.ts";
import { StreamAdmission } from "./stream-admission.ts";
import type { StreamStatus } from "./stream-status.ts";
import { VirtualHostStream } from "./virtual-host-stream.ts";

export interface XdsServerOptions {
  readonly source: SnapshotSource;
  readonly observer: XdsServerObserver;
  /** Streams open at once; further ones end with RESOURCE_EXHAUSTED. Default 20,000. */
  readonly maxStreams?: number;
  /**
   * Streams that one node may have at once; further ones end with RESOURCE_EXHAUSTED. Default 4,096, since an Envoy without
   * ADS has one per EDS cluster.
   */
  readonly maxStreamsPerNode?: number;
  /** Largest request, in bytes. Default 16 MiB (a delta client names everything it has). */
  readonly requestBytesMax?: number;
  /**
   * How long, on ADS, listeners and routes wait for the node to acknowledge clusters sent before them, in milliseconds.
   * Envoy acknowledges clusters when they are warm. Default 500.
   */
  readonly holdMs?: number;
  /**
   * How long a REST request for what the node has already is held back for a change, in milliseconds; never longer than half
   * of what the node waits itself, as far as it says so (`x-envoy-expected-rq-timeout-ms`). Default 5,000.
   */
  readonly restHoldMs?: number;
  /** Told of streams that end before they said who they are. */
  readonly log?: (message: string) => void;
}

/** The mounted server. */
export interface XdsServer {
  /** Streams that have said who they are. */
  streams(): readonly XdsStreamInfo[];
  /** What each node was sent, and what it said to it. */
  status(): StreamStatus[];
  /**
   * Takes gRPC requests of the discovery services as the router does, at less cost: the encoded resources of a response are
   * written from where all streams have them. `authenticated`: whose certificate the call came with, if any. False: the
   * request is not one, and untouched.
   */
  readonly handleGrpc: (
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    authenticated?: AuthenticatedNode,
  ) => boolean;
  /** Takes HTTP/JSON requests (`POST /v3/discovery:clusters`, …); false: the request is not one, and untouched. */
  readonly handleRest: RestHandler;
  /** Ends every stream with UNAVAILABLE (clients connect again) and takes no more; stops watching the source. */
  close(): void;
}

const REQUEST_BYTES_MAX = 16 * 1024 * 1024;
const peerKey = createContextKey("");

/** For `connectNodeAdapter({ contextValues })`: lets the server know each stream's peer. */
export function peerContextValues(request: {
  readonly socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };
}): ContextValues {
  return createContextValues().set(peerKey, peerAddress(request.socket));
}

/**
 * An xDS server for `handleGrpc` and `handleRest`: the aggregated service (ADS) and one service per type, state of the world and
 * delta, over gRPC, and polling by HTTP/JSON. On ADS clusters go before endpoints, listeners and routes, and what is gone is
 * taken from a node only after it has replaced what may refer to it.
 */
export function createXdsServer(options: XdsServerOptions): XdsServer {
  return new Server(options);
}

/** The same, mounted on a Connect router too. The fetch methods over gRPC, which nobody calls, answer UNIMPLEMENTED. */
export function xdsRoutes(router: ConnectRouter, options: XdsServerOptions): XdsServer {
  const server = new Server(options);
  const handlerOptions = { readMaxBytes: options.requestBytesMax ?? REQUEST_BYTES_MAX };
  for (const { service, typeUrl } of DISCOVERY_SERVICES) {
    for (const method of service.methods) {
      if (isSotw(method)) router.rpc(method, server.sotwHandler(typeUrl), handlerOptions);
      if (isDelta(method)) router.rpc(method, server.deltaHandler(typeUrl), handlerOptions);
    }
  }
  return server;
}

/** By path: how the streams of each discovery service are asked for. */
const METHODS: ReadonlyMap<
  string,
  { readonly method: SotwMethod | DeltaMethod; readonly typeUrl: string | undefined }
> = new Map(
  DISCOVERY_SERVICES.flatMap(({ service, typeUrl }) =>
    service.methods.flatMap((method) =>
      isSotw(method) || isDelta(method)
        ? [[`/${service.typeName}/${method.name}`, { method, typeUrl }] as const]
        : [],
    ),
  ),
);

/** Who calls: its address, and whose certificate it came with, if any. */
type Caller = Pick<DiscoveryStreamOptions<unknown, unknown>, "peer" | "authenticated">;

/** A call, whatever carries it: what the client sends, who it is, and when it is gone. */
type Call<Request> = [requests: AsyncIterable<Request>, caller: Caller, signal: AbortSignal];

/** What the server needs of a stream, whatever its messages are. */
type OpenStream = Pick<DiscoveryStream<never, unknown>, "info" | "refresh" | "end" | "status">;

function callerIn(values: ContextValues): Caller {
  return { peer: values.get(peerKey), authenticated: values.get(authenticatedNodeKey) };
}

class Server implements XdsServer {
  private readonly options: XdsServerOptions;
  private readonly encoded = new EncodedResources();
  private readonly open = new Set<OpenStream>();
  private readonly admission: StreamAdmission;
  private readonly rest: RestServer;
  private readonly unwatch: () => void;
  private lastId = 0;
  private closed = false;

  constructor(options: XdsServerOptions) {
    this.options = options;
    this.admission = new StreamAdmission(options.maxStreamsPerNode ?? 4_096);
    this.rest = new RestServer({ ...options, nextId: () => ++this.lastId });
    this.unwatch = options.source.watch((affected) => {
      this.rest.refresh();
      for (const stream of this.open) {
        if (stream.info !== undefined && affected(stream.info.node)) stream.refresh();
      }
    });
  }

  streams(): readonly XdsStreamInfo[] {
    const open = [...this.open].flatMap(({ info }) => (info === undefined ? [] : [info]));
    return [...open, ...this.rest.streams()];
  }

  status(): StreamStatus[] {
    const open = [...this.open].flatMap((stream) =>
      stream.info === undefined ? [] : [{ stream: stream.info, types: stream.status() }],
    );
    return [...open, ...this.rest.status()];
  }

  readonly handleRest: RestHandler = (...call) => this.rest.handle(...call);

  close(): void {
    this.closed = true;
    this.unwatch();
    this.rest.close();
    for (const stream of this.open) stream.end(new ConnectError("the control plane stops", Code.Unavailable));
  }

  sotwHandler(typeUrl: string | undefined): MethodImpl<SotwMethod> {
    return (requests, { values, signal }) => this.serveSotw(typeUrl, requests, callerIn(values), signal);
  }

  deltaHandler(typeUrl: string | undefined): MethodImpl<DeltaMethod> {
    return (requests, { values, signal }) => this.serveDelta(typeUrl, requests, callerIn(values), signal);
  }

  readonly handleGrpc = (
    { url, headers, socket }: Http2ServerRequest,
    response: Http2ServerResponse,
    authenticated?: AuthenticatedNode,
  ): boolean => {
    const found = METHODS.get(url);
    if (found === undefined || !/^application\/grpc($|[+;])/.test(headers["content-type"] ?? ""))
      return false;
    const { method, typeUrl } = found;
    const bytesMax = this.options.requestBytesMax ?? REQUEST_BYTES_MAX;
    const caller = { peer: peerAddress(socket), authenticated };
    if (isSotw(method)) {
      const stream = new GrpcStream(response, method.input, method.output, bytesMax);
      void stream.respond(this.serveSotw(typeUrl, stream.requests(), caller, stream.signal));
    } else {
      const stream = new GrpcStream(response, method.input, method.output, bytesMax);
      void stream.respond(this.serveDelta(typeUrl, stream.requests(), caller, stream.signal));
    }
    return true;
  };

  private serveSotw(
    typeUrl: string | undefined,
    ...call: Call<DiscoveryRequest>
  ): AsyncIterable<DiscoveryResponse> {
    const variant = typeUrl === undefined ? "ads" : "sotw";
    return this.serve(
      { variant, typeUrl, createTypeStream: (url, node) => new SotwTypeStream(url, this.encoded, node) },
      ...call,
    );
  }

  private serveDelta(
    typeUrl: string | undefined,
    ...call: Call<DeltaDiscoveryRequest>
  ): AsyncIterable<DeltaDiscoveryResponse> {
    const variant = typeUrl === undefined ? "delta-ads" : "delta";
    return this.serve(
      {
        variant,
        typeUrl,
        createTypeStream: (url, node) =>
          url === TYPE_URLS.virtualHost
            ? new VirtualHostStream()
            : new DeltaTypeStream(url, this.encoded, node),
      },
      ...call,
    );
  }

  private async *serve<Request extends AnyDiscoveryRequest, Response>(
    what: Pick<DiscoveryStreamOptions<Request, Response>, "variant" | "typeUrl" | "createTypeStream">,
    ...[requests, caller, signal]: Call<Request>
  ): AsyncGenerator<Response> {
    if (this.closed) throw new ConnectError("the control plane stops", Code.Unavailable);
    if (this.open.size >= (this.options.maxStreams ?? 20_000)) {
      throw new ConnectError("too many xDS streams", Code.ResourceExhausted);
    }
    const { source, observer, holdMs = 500 } = this.options;
    const stream = new DiscoveryStream<Request, Response>({
      ...what,
      ...caller,
      id: ++this.lastId,
      source,
      observer,
      holdMs,
      admit: ({ node }) => this.admission.open(node.id, performance.now()),
    });
    yield* this.run(stream, requests, signal);
  }

  private async *run<Request extends AnyDiscoveryRequest, Response>(
    stream: DiscoveryStream<Request, Response>,
    requests: AsyncIterable<Request>,
    signal: AbortSignal,
  ): AsyncGenerator<Response> {
    this.open.add(stream);
    const openedMs = performance.now();
    let reason = "closed by the node";
    const aborted = (): void => stream.end();
    signal.addEventListener("abort", aborted);
    void (async () => {
      try {
        for await (const request of paced(requests, signal)) stream.receive(request);
        stream.end();
      } catch (error) {
        const failure = ConnectError.from(error);
        reason = failure.rawMessage;
        stream.end(failure);
      }
    })();
    try {
      yield* stream.responses();
    } finally {
      signal.removeEventListener("abort", aborted);
      stream.end();
      this.open.delete(stream);
      if (this.closed) reason = "the control plane stops";
      if (stream.info !== undefined) {
        this.admission.close(stream.info.node.id, openedMs, performance.now());
        this.options.observer.onStreamClosed(stream.info, reason);
      } else this.options.log?.(`an xDS stream ended before its first request was understood: ${reason}`);
    }
  }
}
