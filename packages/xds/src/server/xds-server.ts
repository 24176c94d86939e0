import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type {
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
import { type DeltaRequest, readDeltaRequest } from "./delta-request.ts";
import { DeltaTypeStream } from "./delta-type-stream.ts";
import {
  type AnyDiscoveryRequest,
  DiscoveryStream,
  type DiscoveryStreamOptions,
} from "./discovery-stream.ts";
import { EncodedResources } from "./encoded-resources.ts";
import { GrpcStream, refuseStream } from "./grpc-stream.ts";
import { peerAddress } from "./peer-address.ts";
import { PeerLimits, type PeerStream } from "./peer-limits.ts";
import { paced, RequestPace } from "./request-pace.ts";
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
  /**
   * Streams that one peer may have at once, whatever nodes it says it is: by certificate, in plain text by address. Default
   * 10,000.
   */
  readonly maxStreamsPerPeer?: number;
  /** Largest request, in bytes. Default 16 MiB (a delta client names everything it has). */
  readonly requestBytesMax?: number;
  /** How long a stream has to send its first request, and each further one once it has begun, in milliseconds. Default 30,000. */
  readonly requestDeadlineMs?: number;
  /** How long a node has to read a response, in milliseconds; one that is slower loses the stream. Default 60,000. */
  readonly readDeadlineMs?: number;
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
   * Takes gRPC requests of the discovery services; the encoded resources of a response are written from where all streams
   * have them. The fetch methods over gRPC, which nobody calls, are not taken. `authenticated`: whose certificate the call came with, if any. False: the
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
const REQUEST_DEADLINE_MS = 30_000;
const READ_DEADLINE_MS = 60_000;
/** A thousand nodes behind one address may well come at the same moment. */
const UNNAMED_PER_PEER_MAX = 2_000;
const PARTIAL_BYTES_PER_PEER_MAX = 64 * 1024 * 1024;

/**
 * An xDS server for `handleGrpc` and `handleRest`: the aggregated service (ADS) and one service per type, state of the world and
 * delta, over gRPC, and polling by HTTP/JSON. On ADS clusters go before endpoints, listeners and routes, and what is gone is
 * taken from a node only after it has replaced what may refer to it.
 */
export function createXdsServer(options: XdsServerOptions): XdsServer {
  return new Server(options);
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
type Call<Request> = [
  requests: AsyncIterable<Request>,
  caller: Caller,
  signal: AbortSignal,
  held: PeerStream,
];

/** What the server needs of a stream, whatever its messages are. */
type OpenStream = Pick<DiscoveryStream<never, unknown>, "info" | "refresh" | "end" | "status">;

class Server implements XdsServer {
  private readonly options: XdsServerOptions;
  private readonly encoded = new EncodedResources();
  private readonly open = new Set<OpenStream>();
  private readonly admission: StreamAdmission;
  private readonly peers: PeerLimits;
  private readonly rest: RestServer;
  private readonly unwatch: () => void;
  private lastId = 0;
  private closed = false;

  constructor(options: XdsServerOptions) {
    this.options = options;
    this.admission = new StreamAdmission(options.maxStreamsPerNode ?? 4_096);
    this.peers = new PeerLimits({
      streamsMax: options.maxStreamsPerPeer ?? 10_000,
      unnamedMax: UNNAMED_PER_PEER_MAX,
      partialBytesMax: PARTIAL_BYTES_PER_PEER_MAX,
    });
    this.rest = new RestServer({ ...options, nextId: () => ++this.lastId, peers: this.peers });
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

  readonly handleGrpc = (
    { url, headers, socket }: Http2ServerRequest,
    response: Http2ServerResponse,
    authenticated?: AuthenticatedNode,
  ): boolean => {
    const found = METHODS.get(url);
    if (found === undefined || !/^application\/grpc($|[+;])/.test(headers["content-type"] ?? ""))
      return false;
    const { method, typeUrl } = found;
    const caller = { peer: peerAddress(socket), authenticated };
    const held = this.hold(caller);
    if (held instanceof ConnectError) {
      refuseStream(response, held);
      return true;
    }
    const {
      requestBytesMax = REQUEST_BYTES_MAX,
      requestDeadlineMs = REQUEST_DEADLINE_MS,
      readDeadlineMs = READ_DEADLINE_MS,
    } = this.options;
    const limits = { requestBytesMax, requestDeadlineMs, readDeadlineMs, held };
    if (isSotw(method)) {
      const read = (bytes: Uint8Array) => fromBinary(method.input, bytes);
      const stream = new GrpcStream(response, read, method.output, limits);
      void stream.respond(this.serveSotw(typeUrl, stream.requests(), caller, stream.signal, held));
    } else {
      const stream = new GrpcStream(response, readDeltaRequest, method.output, limits);
      void stream.respond(this.serveDelta(typeUrl, stream.requests(), caller, stream.signal, held));
    }
    return true;
  };

  private hold({ peer, authenticated }: Caller): PeerStream | ConnectError {
    if (this.closed) return new ConnectError("the control plane stops", Code.Unavailable);
    if (this.open.size >= (this.options.maxStreams ?? 20_000))
      return new ConnectError("too many xDS streams", Code.ResourceExhausted);
    try {
      const address = peer.slice(0, peer.lastIndexOf(":"));
      return this.peers.open(authenticated === undefined ? address : `node ${authenticated.id}`);
    } catch (error) {
      return ConnectError.from(error);
    }
  }

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
    ...call: Call<DeltaRequest>
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
    ...[requests, caller, signal, held]: Call<Request>
  ): AsyncGenerator<Response> {
    const { source, observer, holdMs = 500 } = this.options;
    const stream = new DiscoveryStream<Request, Response>({
      ...what,
      ...caller,
      id: ++this.lastId,
      source,
      observer,
      holdMs,
      admit: ({ node }) => {
        held.named();
        return this.admission.open(node.id, performance.now());
      },
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
    const first = new RequestPace();
    const paceOf = (): RequestPace => (stream.info && this.admission.paceOf(stream.info.node.id)) ?? first;
    const aborted = (): void => stream.end();
    signal.addEventListener("abort", aborted);
    void (async () => {
      try {
        for await (const request of paced(requests, signal, paceOf)) stream.receive(request);
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
        stream.closed(reason);
      } else this.options.log?.(`an xDS stream ended before its first request was understood: ${reason}`);
    }
  }
}
