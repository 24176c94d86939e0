import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyHttpServer, createXdsServer, type XdsServer, type XdsServerOptions } from "../server/index.ts";
import type {
  ResourceFailure,
  Snapshot,
  SnapshotResource,
  SnapshotSource,
  XdsServerObserver,
  XdsStreamInfo,
} from "../snapshot-source.ts";

/** An encoded resource; its version is its content. */
export function resource<Desc extends DescMessage>(
  name: string,
  schema: Desc,
  init: MessageInitShape<Desc>,
): SnapshotResource {
  const value = toBinary(schema, create(schema, init));
  return { name, version: Buffer.from(value).toString("base64url").slice(0, 40), value };
}

/** One snapshot for all nodes, changed at will; sections whose content stays are shared. */
export class MutableSource implements SnapshotSource {
  private snapshot: Snapshot | undefined;
  private readonly watchers = new Set<(affected: () => boolean) => void>();

  snapshotFor(): Snapshot | undefined {
    return this.snapshot;
  }

  watch(onChange: (affected: () => boolean) => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }

  set(
    version: string,
    types: Readonly<Record<string, readonly SnapshotResource[]>>,
    failures: Readonly<Record<string, ReadonlyMap<string, ResourceFailure>>> = {},
  ): void {
    const sections = Object.entries(types).map(([typeUrl, resources]) => {
      const content = resources.map((each) => `${each.name}=${each.version}`).join();
      const known = this.snapshot?.types.get(typeUrl);
      const errors = failures[typeUrl];
      const section = {
        version: content,
        resources: new Map(resources.map((each) => [each.name, each])),
        ...(errors === undefined ? {} : { errors }),
      };
      return [typeUrl, known?.version === content ? known : section] as const;
    });
    this.replace({ version, types: new Map(sections) });
  }

  replace(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    for (const watcher of this.watchers) watcher(() => true);
  }
}

/** Writes down what happens, one line each: `sent Cluster a,b -c`, `ack Cluster`, `nack Cluster why`. */
export class RecordingObserver implements XdsServerObserver {
  readonly lines: string[] = [];
  readonly streams: XdsStreamInfo[] = [];
  onStreamOpened(stream: XdsStreamInfo): void {
    this.streams.push(stream);
    this.lines.push(`opened ${stream.variant} ${stream.node.id}`);
  }
  onStreamClosed(_stream: XdsStreamInfo, reason: string): void {
    this.lines.push(`closed ${reason}`);
  }
  onSent(
    _stream: XdsStreamInfo,
    typeUrl: string,
    _version: string,
    names: readonly string[],
    removed: readonly string[],
  ): void {
    const gone = removed.map((name) => ` -${name}`).join("");
    this.lines.push(`sent ${shortName(typeUrl)} ${[...names].sort().join()}${gone}`);
  }
  onUnchanged(_stream: XdsStreamInfo, typeUrl: string): void {
    this.lines.push(`unchanged ${shortName(typeUrl)}`);
  }
  onAck(_stream: XdsStreamInfo, typeUrl: string): void {
    this.lines.push(`ack ${shortName(typeUrl)}`);
  }
  onNack(_stream: XdsStreamInfo, typeUrl: string, _version: string, message: string): void {
    this.lines.push(`nack ${shortName(typeUrl)} ${message}`);
  }
}

function shortName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
}

export interface RunningServer {
  readonly port: number;
  readonly xds: XdsServer;
  close(): Promise<void>;
}

export interface ServerPlace {
  /** Default 0: one of the system's choice. */
  readonly port?: number;
  /** Takes the HTTP/2 requests that are not for xDS. By default their streams are closed. */
  readonly otherwise?: (request: Http2ServerRequest, response: Http2ServerResponse) => void;
}

/** An xDS server on a port of its own. */
export async function startXdsServer(
  options: XdsServerOptions,
  { port = 0, otherwise = (_request, response) => response.stream.close() }: ServerPlace = {},
): Promise<RunningServer> {
  const xds = createXdsServer(options);
  const { server, sessions, closeHttp1 } = anyHttpServer(
    {},
    (request, response) => {
      if (!xds.handleGrpc(request, response) && !xds.handleRest(request, response))
        otherwise(request, response);
    },
    (request, response) => {
      if (!xds.handleRest(request, response)) response.writeHead(404).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return {
    port: address.port,
    xds,
    async close() {
      xds.close();
      const closed = new Promise((resolve) => server.close(resolve));
      closeHttp1();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** Polls until `condition` holds; throws, naming `what` and `state`, after 10 s. */
export async function until(what: string, condition: () => boolean, state?: () => unknown): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`in vain: ${what} ${JSON.stringify(state?.(), undefined, 1) ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
