import { toBinary } from "@bufbuild/protobuf";
import type { LocalInfo } from "@sluice/extension-api";
import { KeyValueSchema } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import type { AccessLogSink, OtlpLogSink } from "../access-log/grpc-logger.ts";
import { textAttribute } from "../access-log/otlp-value.ts";
import { relayedLogScope } from "../access-log/relayed-log-stats.ts";
import type { GrpcTarget } from "../grpc/compile-grpc-service.ts";
import type { HttpTarget } from "../grpc/compile-http-service.ts";
import { type FlushCounts, GrpcSender, type ResolveCluster } from "../grpc/grpc-stream.ts";
import { HttpSender } from "../grpc/http-sender.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { SPAN_SCOPE, type SpanSink } from "../tracing/create-tracer-factory.ts";
import { VERSION_NUMBER } from "./version.ts";

const ACCESS_LOGS = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const OTLP_LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const SPANS = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** False when the entries were dropped. */
type Send = (entries: Uint8Array, count: number) => boolean;

/** Sends on what workers encoded: one stream per sink. What the peer does not take in time is dropped and counted. */
export class TelemetryRelay {
  readonly #node: Uint8Array;
  readonly #local: LocalInfo;
  readonly #resolve: ResolveCluster;
  readonly #stats: StatsRegistry;
  readonly #senders = new Map<string, Send>();
  readonly #all: (GrpcSender | HttpSender)[] = [];

  /** `node`: the encoded envoy.config.core.v3.Node. */
  constructor(node: Uint8Array, local: LocalInfo, resolve: ResolveCluster, stats: StatsRegistry) {
    this.#node = node;
    this.#local = local;
    this.#resolve = resolve;
    this.#stats = stats;
  }

  relay(kind: "access-log" | "spans", sink: string, entries: Uint8Array, count: number): void {
    const key = `${kind} ${sink}`;
    let send = this.#senders.get(key);
    if (send === undefined) {
      send = kind === "access-log" ? this.#accessLogs(asAccessLogSink(sink)) : this.#spans(asSpanSink(sink));
      this.#senders.set(key, send);
    }
    const sent = send(entries, count);
    if (kind === "access-log") this.#countLog(asAccessLogSink(sink), sent, count);
    else this.#count(`${SPAN_SCOPE}${sent ? "spans_sent" : "spans_dropped"}`, count);
  }

  #countLog(sink: AccessLogSink, sent: boolean, count: number): void {
    // As in Envoy what a TCP log has written is counted as it is flushed, and nowhere else.
    if (sent && sink.kind === "tcp") return;
    this.#count(`${accessLogScope(sink)}${sent ? "logs_written" : "logs_dropped"}`, count);
  }

  #count(name: string, count: number): void {
    this.#stats.root().counter(name).add(count);
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.#all.map((sender) => sender.close(deadlineMs)));
  }

  #accessLogs(sink: AccessLogSink): Send {
    if (sink.kind === "otlp") return this.#otlpLogs(sink);
    const { kind, logName, target } = sink;
    const hello = (): Uint8Array => {
      const writer = new ProtoWriter();
      const identifier = writer.begin(1);
      writer.bytes(1, this.#node);
      writer.string(2, logName);
      writer.end(identifier);
      return writer.finish();
    };
    const scope = accessLogScope(sink);
    const sender = this.#open(target, ACCESS_LOGS, "stream", hello, {
      flushed: (count) => this.#count(`${scope}grpc_entries_flushed`, count),
      failed: (count) => this.#count(`${scope}grpc_entries_flush_failed`, count),
    });
    const writer = new ProtoWriter();
    return (entries, count) => {
      writer.bytes(kind === "http" ? 2 : 3, entries);
      return sender.send(writer.finish(), count);
    };
  }

  /** Each batch is one call: the resource, then the records as the workers encoded them. */
  #otlpLogs({ target, logName, builtinLabels, resource }: OtlpLogSink): Send {
    const sender = this.#openEither(target, OTLP_LOGS);
    const { nodeId, nodeCluster, zone } = this.#local;
    const labels: readonly (readonly [string, string])[] = [
      ["log_name", logName],
      ["zone_name", zone],
      ["cluster_name", nodeCluster],
      ["node_name", nodeId],
    ];
    const attributes = new Map<string, Uint8Array>();
    for (const [name, value] of builtinLabels ? labels : [])
      attributes.set(name, toBinary(KeyValueSchema, textAttribute(name, value)));
    for (const [name, pair] of resource) attributes.set(name, Buffer.from(pair, "base64"));
    const writer = new ProtoWriter();
    return (entries) => {
      const resourceLogs = writer.begin(1);
      const message = writer.begin(1);
      for (const pair of attributes.values()) writer.bytes(1, pair);
      writer.end(message);
      const scopeLogs = writer.begin(2);
      writer.raw(entries);
      writer.end(scopeLogs);
      writer.end(resourceLogs);
      return sender.send(writer.finish());
    };
  }

  #spans({ attributes, scopeName, target }: SpanSink): Send {
    const sender = this.#openEither(target, SPANS);
    const writer = new ProtoWriter();
    return (entries) => {
      const resourceSpans = writer.begin(1);
      const resource = writer.begin(1);
      for (const [name, value] of attributes) writeAttribute(writer, name, value);
      writeAttribute(writer, "service.instance.id", this.#local.nodeId);
      writer.end(resource);
      const scopeSpans = writer.begin(2);
      if (scopeName !== "") {
        const scope = writer.begin(1);
        writer.string(1, scopeName);
        writer.string(2, VERSION_NUMBER);
        writer.end(scope);
      }
      writer.raw(entries);
      writer.end(scopeSpans);
      writer.end(resourceSpans);
      return sender.send(writer.finish());
    };
  }

  #openEither(target: SpanSink["target"], path: string): GrpcSender | HttpSender {
    return "http" in target
      ? this.#openHttp(target.http)
      : this.#open(target.grpc, path, "unary", () => undefined);
  }

  #openHttp(target: HttpTarget): HttpSender {
    const sender = new HttpSender(target, this.#resolve, `sluice/${VERSION_NUMBER}`);
    this.#all.push(sender);
    return sender;
  }

  #open(
    target: GrpcTarget,
    path: string,
    kind: "stream" | "unary",
    hello: () => Uint8Array | undefined,
    flushes?: FlushCounts,
  ): GrpcSender {
    const sender = new GrpcSender(target, path, kind, this.#resolve, hello, flushes);
    this.#all.push(sender);
    return sender;
  }
}

/** An attribute of a resource, unless its value is empty. */
function writeAttribute(writer: ProtoWriter, name: string, value: string): void {
  if (value === "") return;
  const pair = writer.begin(1);
  writer.string(1, name);
  const any = writer.begin(2);
  writer.string(1, value);
  writer.end(any);
  writer.end(pair);
}

function accessLogScope(sink: AccessLogSink): string {
  const { kind } = sink;
  return kind === "otlp"
    ? relayedLogScope({ kind, overHttp: "http" in sink.target, statPrefix: sink.statPrefix })
    : relayedLogScope({ kind, overHttp: false, statPrefix: "" });
}

/** Written by `compileGrpcLogger` in a worker of this process. */
function asAccessLogSink(json: string): AccessLogSink {
  return JSON.parse(json) as AccessLogSink;
}
/** Written by `createTracerFactory` in a worker of this process. */
function asSpanSink(json: string): SpanSink {
  return JSON.parse(json) as SpanSink;
}
