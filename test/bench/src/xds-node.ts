import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { DeltaDiscoveryRequestSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";

const CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const ROUTE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
const PATH = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

/** What all nodes share: they run the same, so the versions that one has are those of all. */
export interface XdsNodeFeed {
  readonly port: number;
  readonly routes: readonly string[];
  /** By type URL and name. */
  readonly versions: Map<string, Map<string, string>>;
}

interface Response {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Name and version. */
  readonly resources: readonly (readonly [string, string])[];
}

/** One node on one connection. It decodes no more than it needs, so that a thousand of them fit beside the server. */
export class XdsNode {
  readonly #id: string;
  readonly #feed: XdsNodeFeed;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Types that an answer came for since it connected. */
  readonly #answered = new Map<string, number>();
  #complete: ((at: number) => void) | undefined;
  #changed: { readonly route: string; readonly resolve: (at: number) => void } | undefined;
  #isBack = false;

  constructor(id: string, feed: XdsNodeFeed) {
    this.#id = id;
    this.#feed = feed;
  }

  /** Resolves when it has all clusters and routes, or was told that what it has is all there is. */
  connect(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#complete = resolve;
      const session = connect(`http://127.0.0.1:${this.#feed.port}`, {
        settings: { initialWindowSize: 1 << 20 },
      });
      this.#session = session;
      session.on("error", reject);
      session.on("connect", () => session.setLocalWindowSize(1 << 21));
      const stream = session.request({
        ":method": "POST",
        ":path": PATH,
        "content-type": "application/grpc",
        te: "trailers",
      });
      this.#stream = stream;
      stream.on("data", (chunk: Buffer) => this.#take(chunk));
      stream.on("error", reject);
      this.#send({ typeUrl: CLUSTER, node: { id: this.#id }, initialResourceVersions: this.#has(CLUSTER) });
      const resourceNamesSubscribe = [...this.#feed.routes];
      this.#send({ typeUrl: ROUTE, resourceNamesSubscribe, initialResourceVersions: this.#has(ROUTE) });
    });
  }

  disconnect(): void {
    this.#isBack = true;
    this.#answered.clear();
    this.#received = [];
    this.#receivedBytes = 0;
    this.#stream?.removeAllListeners("error").on("error", () => {});
    this.#session?.removeAllListeners("error").on("error", () => {});
    this.#session?.destroy();
  }

  /** Resolves with the time at which the next change of `route` was acknowledged. */
  untilChanged(route: string): Promise<number> {
    return new Promise((resolve) => {
      this.#changed = { route, resolve };
    });
  }

  #has(typeUrl: string): Record<string, string> {
    return Object.fromEntries(this.#feed.versions.get(typeUrl) ?? []);
  }

  #send(init: Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1]): void {
    const message = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init));
    const frame = Buffer.alloc(5 + message.length);
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, 5);
    this.#stream?.write(frame);
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    while (this.#receivedBytes >= 5) {
      if ((this.#received[0]?.length ?? 0) < 5) this.#received = [Buffer.concat(this.#received)];
      const length = 5 + (this.#received[0]?.readUInt32BE(1) ?? 0);
      if (this.#receivedBytes < length) return;
      const all = Buffer.concat(this.#received);
      this.#received = [all.subarray(length)];
      this.#receivedBytes -= length;
      this.#answer(read(all.subarray(5, length)));
    }
  }

  #answer({ typeUrl, nonce, resources }: Response): void {
    this.#send({ typeUrl, responseNonce: nonce });
    const at = performance.timeOrigin + performance.now();
    const versions = this.#feed.versions.get(typeUrl) ?? new Map<string, string>();
    this.#feed.versions.set(typeUrl, versions);
    for (const [name, version] of resources) {
      versions.set(name, version);
      if (this.#changed?.route === name && typeUrl === ROUTE) this.#changed.resolve(at);
    }
    this.#answered.set(typeUrl, (this.#answered.get(typeUrl) ?? 0) + resources.length);
    // Who comes back and has everything is told so of the clusters and sent no routes.
    const routes = this.#isBack ? 0 : this.#feed.routes.length;
    if (this.#answered.has(CLUSTER) && (this.#answered.get(ROUTE) ?? 0) >= routes) this.#complete?.(at);
  }
}

/** Of a DeltaDiscoveryResponse: resources (2), type_url (4) and nonce (5); of each Resource: version (1) and name (3). */
function read(bytes: Uint8Array): Response {
  const reader = new BinaryReader(bytes);
  const resources: [string, string][] = [];
  let typeUrl = "";
  let nonce = "";
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) resources.push(readResource(reader.bytes()));
    else if (field === 4) typeUrl = reader.string();
    else if (field === 5) nonce = reader.string();
    else reader.skip(wireType, field);
  }
  return { typeUrl, nonce, resources };
}

function readResource(bytes: Uint8Array): [string, string] {
  const reader = new BinaryReader(bytes);
  let name = "";
  let version = "";
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) version = reader.string();
    else if (field === 3) name = reader.string();
    else reader.skip(wireType, field);
  }
  return [name, version];
}
