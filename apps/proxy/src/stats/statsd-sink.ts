import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { Socket as TcpSocket } from "node:net";
import { type Compiled, type Log, refuse } from "@sluice/extension-api";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { DogStatsdSink, StatsdSink } from "@sluice/xds/gen/envoy/config/metrics/v3/stats_pb.js";
import type { ResolveCluster } from "../grpc/grpc-stream.ts";
import type { StatsSink } from "./create-stats-sink.ts";
import { nonEmptyBins } from "./log-linear-histogram.ts";
import type { HistogramReading, ScalarReading } from "./stat-readings.ts";

export interface StatsdConfig {
  readonly target:
    | { readonly kind: "udp"; readonly host: string; readonly port: number }
    | { readonly kind: "tcp"; readonly cluster: string };
  readonly prefix: string;
  /** DogStatsD: tags stand behind the value, names are without them. */
  readonly tags: boolean;
  /** Bytes; 0: a datagram per stat. */
  readonly datagramBytesMax: number;
}

/** `envoy.stat_sinks.statsd`. */
export function compileStatsd(config: StatsdSink, path: string): Compiled<StatsdConfig> {
  const prefix = config.prefix === "" ? "envoy" : config.prefix;
  const specifier = config.statsdSpecifier;
  if (specifier.case === "tcpClusterName") {
    const target = { kind: "tcp", cluster: specifier.value } as const;
    return { ok: true, value: { target, prefix, tags: false, datagramBytesMax: 0 } };
  }
  return compileUdp(specifier.value, path, prefix, false, 0);
}

/** `envoy.stat_sinks.dog_statsd`. */
export function compileDogStatsd(config: DogStatsdSink, path: string): Compiled<StatsdConfig> {
  const prefix = config.prefix === "" ? "envoy" : config.prefix;
  const bytes = Number(config.maxBytesPerDatagram ?? 0n);
  return compileUdp(config.dogStatsdSpecifier.value, path, prefix, true, bytes);
}

function compileUdp(
  address: Address | undefined,
  path: string,
  prefix: string,
  tags: boolean,
  datagramBytesMax: number,
): Compiled<StatsdConfig> {
  const socket = address?.address.case === "socketAddress" ? address.address.value : undefined;
  if (socket?.portSpecifier.case !== "portValue") {
    const message = "a socket_address with a port_value is required";
    return refuse(`${path}.address`, message);
  }
  const target = { kind: "udp", host: socket.address, port: socket.portSpecifier.value } as const;
  return { ok: true, value: { target, prefix, tags, datagramBytesMax } };
}

/** What may wait for a slow TCP peer; more is dropped. */
const WAITING_BYTES_MAX = 1024 * 1024;

/**
 * Sends counters' increases, gauges, and the values of histograms as timers: those that fell into one bin of the interval
 * as one, with the sample rate that makes the receiver count them all.
 */
export class StatsdWriter implements StatsSink {
  readonly #config: StatsdConfig;
  readonly #resolve: ResolveCluster;
  readonly #log: Log;
  #udp: UdpSocket | undefined;
  #tcp: TcpSocket | undefined;

  constructor(config: StatsdConfig, resolve: ResolveCluster, log: Log) {
    this.#config = config;
    this.#resolve = resolve;
    this.#log = log;
  }

  flush(scalars: readonly ScalarReading[], histograms: readonly HistogramReading[]): void {
    const lines: string[] = [];
    for (const reading of scalars) {
      if (!reading.used) continue;
      if (reading.kind === "gauge") lines.push(this.#line(reading, reading.value, "g"));
      else if (reading.delta > 0) lines.push(this.#line(reading, reading.delta, "c"));
    }
    for (const reading of histograms) {
      if (reading.interval.count === 0) continue;
      for (const { lower, width, count } of nonEmptyBins(reading.interval)) {
        lines.push(this.#line(reading, lower + width / 2, count === 1 ? "ms" : `ms|@${1 / count}`));
      }
    }
    if (this.#config.target.kind === "udp") this.#sendDatagrams(lines, this.#config.target);
    else if (lines.length > 0) this.#sendStream(`${lines.join("\n")}\n`, this.#config.target.cluster);
  }

  async close(): Promise<void> {
    this.#tcp?.destroy();
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp !== undefined) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  #line(reading: Pick<ScalarReading, "name" | "tagged">, value: number, type: string): string {
    const { prefix, tags } = this.#config;
    if (!tags) return `${prefix}.${reading.name}:${value}|${type}`;
    const list = reading.tagged.tags.map(([name, text]) => `${name}:${text}`).join(",");
    return `${prefix}.${reading.tagged.name}:${value}|${type}${list === "" ? "" : `|#${list}`}`;
  }

  #sendDatagrams(lines: readonly string[], to: { readonly host: string; readonly port: number }): void {
    this.#udp ??= this.#openUdp(to.host);
    const max = this.#config.datagramBytesMax;
    let datagram = "";
    for (const line of lines) {
      const fits = datagram !== "" && datagram.length + 1 + line.length <= max;
      if (fits) datagram += `\n${line}`;
      else {
        if (datagram !== "") this.#udp.send(datagram, to.port, to.host);
        datagram = line;
      }
    }
    if (datagram !== "") this.#udp.send(datagram, to.port, to.host);
  }

  #openUdp(host: string): UdpSocket {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.on("error", (error) => this.#log.warn(`statsd: ${error.message}`));
    socket.unref();
    return socket;
  }

  #sendStream(text: string, cluster: string): void {
    const waiting = this.#tcp?.writableLength ?? 0;
    if (waiting > WAITING_BYTES_MAX) return;
    if (this.#tcp === undefined || this.#tcp.destroyed) {
      const host = this.#resolve(cluster);
      if (host === undefined) return;
      const { socket } = host.open("tcp");
      socket.on("error", (error) => this.#log.warn(`statsd: ${error.message}`));
      socket.unref();
      this.#tcp = socket;
    }
    this.#tcp.write(text);
  }
}
