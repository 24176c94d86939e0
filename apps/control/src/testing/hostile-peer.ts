import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { DiscoveryRequestSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";

/** Linux has all of 127.0.0.0/8, so each comes from an address of its own, as strangers do. */
let lastAddress = 1;
const ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

/** A peer of an xDS port that keeps to no rule but those that let it be a nuisance. */
export class HostilePeer {
  readonly #port: number;
  readonly #localAddress = `127.0.0.${++lastAddress}`;
  readonly #open = new Set<{ destroy(): void }>();
  #isClosed = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** A bare connection; resolves once it is there. */
  socket(): Promise<Socket> {
    if (this.#isClosed) return Promise.reject(new Error("this peer is closed"));
    return new Promise((resolve, reject) => {
      const socket = connectTcp({
        host: "127.0.0.1",
        port: this.#port,
        localAddress: this.#localAddress,
      });
      this.#keep(socket);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }

  async session(settings: { readonly initialWindowSize?: number } = {}): Promise<ClientHttp2Session> {
    const socket = await this.socket();
    const session = connect("http://127.0.0.1", {
      createConnection: () => socket,
      settings,
      // Else Node gives up by itself when much waits to be sent.
      maxSessionMemory: 1_000,
    });
    session.on("error", () => {});
    this.#keep(session);
    return session;
  }

  /** A gRPC call on ADS, with whatever bytes as the beginning of its request; `status` is what it ends with. */
  call(session: ClientHttp2Session, bytes?: Buffer) {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: ADS,
      "content-type": "application/grpc",
      te: "trailers",
    });
    if (bytes !== undefined) stream.write(bytes);
    return { stream, status: statusOf(stream) };
  }

  close(): void {
    this.#isClosed = true;
    for (const each of this.#open) each.destroy();
  }

  #keep(each: Socket | ClientHttp2Session): void {
    this.#open.add(each);
    each.once("close", () => this.#open.delete(each));
  }
}

/** gRPC's length prefix and the message. */
export function framed(init: MessageInitShape<typeof DiscoveryRequestSchema>): Buffer {
  const bytes = toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, init));
  return Buffer.concat([prefix(bytes.length), bytes]);
}

export function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function statusOf(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    const settle = (headers: Readonly<Record<string, unknown>>): void => {
      const code = headers["grpc-status"];
      if (code !== undefined) resolve(String(code));
    };
    stream.on("response", settle);
    stream.on("trailers", settle);
    stream.on("error", () => resolve("broken"));
    stream.on("close", () => resolve("broken"));
  });
}
