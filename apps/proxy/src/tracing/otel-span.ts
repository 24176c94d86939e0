import type { HeaderMap } from "@sluice/extension-api";
import { withoutPort } from "../formatter/address-operators.ts";
import { responseFlags } from "../formatter/command-operators.ts";
import { printValue } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { ProtoWriter } from "../grpc/proto-writer.ts";
import type { TelemetrySink } from "../grpc/telemetry-outbox.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { CompiledTag } from "./compile-custom-tags.ts";
import { type GrpcResult, grpcRequestTags, grpcResultOf, grpcSpanFailed } from "./grpc-span-tags.ts";
import type { RouteTracing, SpanName } from "./route-tracing.ts";
import { randomHex, type TraceParent } from "./trace-parent.ts";
import type { ActiveSpan } from "./tracer.ts";

/** What all spans of one connection manager share; frozen. */
export interface SpanOptions {
  readonly writer: ProtoWriter;
  readonly sink: TelemetrySink;
  readonly uint32: () => number;
  /** Of spans that nobody has named: by the direction of the listener's requests. */
  readonly usualName: string;
  readonly operation: SpanName | undefined;
  readonly upstreamOperation: SpanName | undefined;
  readonly customTags: readonly CompiledTag[];
  readonly spawnUpstream: boolean;
  readonly propagate: boolean;
  readonly pathLengthMax: number;
  readonly nodeId: string;
  readonly zone: string;
}

/** OTLP's SpanKind. */
const SERVER = 2;
const CLIENT = 3;
/** OTLP's STATUS_CODE_ERROR. */
const ERROR = 2;

/** A span of OpenTelemetry; encoded when it ends. */
export class OtelSpan implements ActiveSpan {
  readonly traceId: string;
  sampled: boolean;
  decoration = "";
  readonly #options: SpanOptions;
  readonly spanId: string;
  readonly #parentId: string;
  readonly #traceState: string;
  readonly #startTimeMs: number;
  /** "" for the span of the downstream request. */
  readonly #upstreamCluster: string;
  readonly #tags: [string, string][] = [];
  #route: RouteTracing | undefined = undefined;
  #operation = "";

  constructor(options: SpanOptions, parent: TraceParent, startTimeMs: number, upstreamCluster: string) {
    this.#options = options;
    this.traceId = parent.traceId;
    this.sampled = parent.sampled;
    this.#parentId = parent.spanId;
    this.#traceState = parent.traceState;
    this.spanId = randomHex(options.uint32, 2);
    this.#startTimeMs = startTimeMs;
    this.#upstreamCluster = upstreamCluster;
  }

  inject(headers: HeaderMap): void {
    if (!this.#options.propagate) return;
    headers.set("traceparent", `00-${this.traceId}-${this.spanId}-${this.sampled ? "01" : "00"}`);
    if (this.#traceState !== "") headers.set("tracestate", this.#traceState);
  }

  startUpstreamSpan(clusterName: string, startTimeMs: number, forced: boolean): ActiveSpan | undefined {
    if (!this.#options.spawnUpstream && !forced) return undefined;
    const span = new OtelSpan(this.#options, this.#asParent(this.sampled), startTimeMs, clusterName);
    if (this.#route !== undefined) span.useRoute(this.#route);
    return span;
  }

  startMirrorSpan(clusterName: string, startTimeMs: number, sampled: boolean | undefined): ActiveSpan {
    const parent = this.#asParent(sampled ?? this.sampled);
    return new OtelSpan(mirrorOptions(this.#options), parent, startTimeMs, clusterName);
  }

  #asParent(sampled: boolean): TraceParent {
    return { traceId: this.traceId, spanId: this.spanId, sampled, traceState: this.#traceState };
  }

  useRoute(route: RouteTracing): void {
    this.#route = route;
    this.#operation = route.operation;
  }

  setOperation(name: string): void {
    this.#operation = name;
  }

  setTag(name: string, value: string): void {
    if (this.sampled) this.#tags.push([name, value]);
  }

  finish(context: FormatContext, endTimeMs: number, status: number): void {
    if (!this.sampled) return;
    const { writer, sink } = this.#options;
    const upstream = this.#upstreamCluster !== "";
    const span = writer.begin(2);
    writer.bytes(1, Buffer.from(this.traceId, "hex"));
    writer.bytes(2, Buffer.from(this.spanId, "hex"));
    writer.headerString(3, this.#traceState);
    if (this.#parentId !== "") writer.bytes(4, Buffer.from(this.#parentId, "hex"));
    writer.headerString(5, this.#name(context));
    writer.uint(6, upstream ? CLIENT : SERVER);
    writer.fixed64(7, nanoseconds(this.#startTimeMs));
    writer.fixed64(8, nanoseconds(Math.max(endTimeMs, this.#startTimeMs)));
    const grpc = grpcResultOf(context);
    this.#writeTags(context, upstream, status, grpc);
    // OpenTelemetry's HTTP conventions: a client's error may be the fault of a server's client. What gRPC says counts more.
    const failed = grpc === undefined ? status >= (upstream ? 400 : 500) : grpcSpanFailed(grpc, upstream);
    if (failed || grpc !== undefined) {
      const message = writer.begin(15);
      if (failed) writer.uint(3, ERROR);
      writer.end(message);
    }
    writer.end(span);
    sink.push(writer.finish());
  }

  #name(context: FormatContext): string {
    const { operation, upstreamOperation, usualName } = this.#options;
    if (this.#upstreamCluster !== "") {
      const format = this.#route?.upstreamName ?? upstreamOperation;
      return format?.(context) ?? `router ${this.#upstreamCluster} egress`;
    }
    return (this.#route?.name ?? operation)?.(context) ?? (this.#operation || usualName);
  }

  #writeTags(context: FormatContext, upstream: boolean, status: number, grpc: GrpcResult | undefined): void {
    const { request, streamInfo: info, connection } = context;
    const { nodeId, zone, pathLengthMax, customTags } = this.#options;
    this.#tag("component", "proxy");
    if (upstream) {
      this.#tag("peer.address", info.upstreamRemoteAddress ?? "");
      this.#tag("upstream_address", info.upstreamRemoteAddress ?? "");
    } else {
      this.#tag("node_id", nodeId);
      this.#write("zone", zone);
    }
    if (!upstream && request !== undefined) {
      const path = (request.get(EnvoyHeader.originalPath) ?? request.get(":path") ?? "").slice(
        0,
        pathLengthMax,
      );
      this.#tag("guid:x-request-id", request.get("x-request-id") ?? "");
      this.#tag(
        "http.url",
        `${request.get(":scheme") ?? "http"}://${request.get(":authority") ?? ""}${path}`,
      );
      this.#tag("http.method", request.get(":method") ?? "");
      this.#tag("user_agent", request.get("user-agent") ?? "-");
      this.#tag("downstream_cluster", request.get(EnvoyHeader.downstreamServiceCluster) ?? "-");
      this.#tag("peer.address", withoutPort(connection.directRemoteAddress));
      this.#tag("guid:x-client-trace-id", request.get("x-client-trace-id") ?? "");
      for (const [name, value] of grpcRequestTags(request)) this.#tag(name, value);
      this.#tag("request_size", String(info.bytesReceived));
      this.#tag("response_size", String(info.bytesSent));
    }
    this.#tag("http.protocol", info.protocol ?? "-");
    this.#tag("http.status_code", String(status));
    this.#tag("upstream_cluster", info.upstreamCluster ?? this.#upstreamCluster);
    this.#tag("upstream_cluster.name", info.upstreamClusterStatName ?? this.#upstreamCluster);
    if (grpc !== undefined) {
      this.#tag("grpc.status_code", String(grpc.status));
      this.#tag("grpc.message", grpc.message ?? "");
    }
    this.#tag("response_flags", printValue(responseFlags(context), "-"));
    const own = this.#route?.customTags ?? [];
    const inherited = customTags.filter(([tag]) => !own.some(([other]) => other === tag));
    for (const [tag, parts] of own.length === 0 ? customTags : [...inherited, ...own]) {
      let value = "";
      for (const part of parts) value += typeof part === "string" ? part : printValue(part(context), "");
      this.#tag(tag, value);
    }
    for (const [tag, value] of this.#tags) this.#tag(tag, value);
    if (status === 0 || status >= 500 || grpc?.error === true) this.#tag("error", "true");
  }

  #tag(name: string, value: string): void {
    if (value !== "") this.#write(name, value);
  }

  #write(name: string, value: string): void {
    const { writer } = this.#options;
    const pair = writer.begin(9);
    writer.string(1, name);
    const any = writer.begin(2);
    // A member of a oneof: "" must be said.
    if (value === "") writer.bytes(1, NOTHING);
    else writer.headerString(1, value);
    writer.end(any);
    writer.end(pair);
  }
}

const NOTHING = Buffer.alloc(0);

const mirrors = new WeakMap<SpanOptions, SpanOptions>();

/** As Envoy: to the span of a copy the connection manager's names and tags are nothing. */
function mirrorOptions(options: SpanOptions): SpanOptions {
  let found = mirrors.get(options);
  if (found === undefined) {
    found = { ...options, upstreamOperation: () => "mirror", customTags: [] };
    mirrors.set(options, found);
  }
  return found;
}

const nanoseconds = (wallMs: number): bigint => BigInt(Math.round(wallMs * 1000)) * 1000n;
