import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import { isGrpcContentType } from "@sluice/matching";
import { grpcStatusOfHttp } from "../../../../grpc/grpc-status.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { FrameReader } from "./frame-reader.ts";
import { GrpcWebStats } from "./stats.ts";
import { Base64Decoder } from "./text-decoder.ts";

const BINARY: readonly string[] = ["application/grpc-web", "application/grpc-web+proto"];
const TEXT: readonly string[] = ["application/grpc-web-text", "application/grpc-web-text+proto"];
/** What of a body that is no gRPC becomes `grpc-message`, unless it came in one piece. */
const MESSAGE_BYTES_MAX = 16_384;
const TRAILERS_FLAG = 0x80;
const EMPTY = Buffer.alloc(0);

interface Runtime {
  readonly stats: GrpcWebStats;
  readonly clusters: WorkerContext["clusters"];
}

/** gRPC-Web (PROTOCOL-WEB.md) from the client, gRPC to the upstream. */
class GrpcWebFilter extends PassThroughFilter {
  private readonly runtime: Runtime;
  private isGrpcWeb = false;
  private path = "";
  private text: Base64Decoder | undefined = undefined;
  /** The response is to be base64. */
  private frames: FrameReader | undefined = undefined;
  /** Of a response that is no gRPC. */
  private response: HeaderMap | undefined = undefined;
  private body: Buffer[] = [];
  private bodyBytes = 0;

  constructor(runtime: Runtime) {
    super();
    this.runtime = runtime;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const type = headers.get("content-type") ?? "";
    const isText = TEXT.includes(type);
    if (!isText && !BINARY.includes(type)) return FilterHeadersStatus.Continue;
    this.isGrpcWeb = true;
    this.path = headers.get(":path") ?? "";
    if (isText) this.text = new Base64Decoder();
    if (TEXT.includes(headers.get("accept") ?? "")) this.frames = new FrameReader();
    headers.remove("content-length");
    headers.set("content-type", "application/grpc");
    headers.set("te", "trailers");
    if (!headers.has("grpc-accept-encoding")) headers.set("grpc-accept-encoding", "identity");
    return FilterHeadersStatus.Continue;
  }

  override decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.text === undefined) return FilterDataStatus.Continue;
    const decoded = this.text.decode(chunk, endStream);
    if (typeof decoded === "string") {
      const details =
        decoded === "bad size" ? "grpc_base_64_decode_failed_bad_size" : "grpc_base_64_decode_failed";
      this.decoding.sendLocalReply(400, "Bad gRPC-web request, invalid base64 data.", details);
    } else if (decoded.length > 0 || endStream) this.decoding.injectDecodedData(decoded, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    if (!this.isGrpcWeb) return FilterHeadersStatus.Continue;
    this.count(headers);
    const type = headers.get("content-type");
    const isGrpc =
      headers.get(":status") === "200" &&
      (isGrpcContentType(type) || BINARY.includes((type ?? "").replace(/\s*;.*$/s, "").toLowerCase()));
    headers.remove("content-length");
    headers.set(
      "content-type",
      this.frames === undefined ? "application/grpc-web+proto" : "application/grpc-web-text+proto",
    );
    if (endStream || isGrpc) return FilterHeadersStatus.Continue;
    this.response = headers;
    return FilterHeadersStatus.StopIteration;
  }

  override encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.response !== undefined) {
      const bytesMax = this.body.length === 0 ? Number.POSITIVE_INFINITY : MESSAGE_BYTES_MAX;
      if (endStream || this.bodyBytes < MESSAGE_BYTES_MAX) this.keep(chunk);
      if (endStream) {
        this.tellInHeaders(this.response, bytesMax);
        this.encoding.injectEncodedData(EMPTY, true);
      }
      return FilterDataStatus.StopIterationNoBuffer;
    }
    if (this.frames === undefined) return FilterDataStatus.Continue;
    const coded = this.frames.read(chunk).map((frame) => frame.toString("base64"));
    if (coded.length > 0 || endStream)
      this.encoding.injectEncodedData(Buffer.from(coded.join("")), endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    if (!this.isGrpcWeb) return FilterTrailersStatus.Continue;
    this.count(trailers);
    if (this.response !== undefined) {
      this.tellInHeaders(this.response, MESSAGE_BYTES_MAX);
      return FilterTrailersStatus.Continue;
    }
    const names: string[] = [];
    let text = "";
    trailers.forEach((name, value) => {
      names.push(name);
      text += `${name}:${value}\r\n`;
    });
    for (const name of names) trailers.remove(name);
    const frame = Buffer.alloc(5 + text.length);
    frame[0] = TRAILERS_FLAG;
    frame.writeUInt32BE(text.length, 1);
    frame.write(text, 5, "latin1");
    this.encoding.injectEncodedData(
      this.frames === undefined ? frame : Buffer.from(frame.toString("base64")),
      false,
    );
    return FilterTrailersStatus.Continue;
  }

  private keep(chunk: Uint8Array): void {
    this.body.push(Buffer.from(chunk));
    this.bodyBytes += chunk.length;
  }

  private tellInHeaders(headers: HeaderMap, bytesMax: number): void {
    const message = Buffer.concat(this.body).subarray(0, Math.min(bytesMax, this.bodyBytes));
    this.response = undefined;
    this.body = [];
    headers.set("grpc-message", percentEncoded(message));
    headers.set("grpc-status", String(grpcStatusOfHttp(Number(headers.get(":status") ?? 0))));
    headers.set("content-length", "0");
  }

  private count(headers: HeaderMap): void {
    const cluster = this.runtime.clusters.get(this.decoding.route()?.clusterName ?? "");
    if (cluster !== undefined)
      this.runtime.stats.count(cluster.info.statName, this.path, headers.get("grpc-status"));
  }
}

/** As Envoy writes `grpc-message`: octets outside of printable ASCII, `%` and `~` as `%XX`. */
function percentEncoded(message: Buffer): string {
  let text = "";
  for (const octet of message) {
    text +=
      octet >= 0x20 && octet < 0x7e && octet !== 0x25
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

export const grpcWebFactory: HttpFilterFactory<Runtime> = {
  terminal: false,
  compile: (_message, context) => {
    const { worker } = asHttpContext(context);
    return { ok: true, value: { stats: new GrpcWebStats(worker.stats), clusters: worker.clusters } };
  },
  create: (config) => new GrpcWebFilter(config),
};
