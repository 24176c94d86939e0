import type { Socket } from "node:net";
import type { Clock, Counter, Gauge, Random, StatsScope, Timer } from "@sluice/extension-api";
import type { TimerQueue } from "../../event/timer-queue.ts";
import { HostLoad } from "../../orca/host-load.ts";
import type { LoadReportNeed, OutOfBandConfig } from "../../orca/load-report-need.ts";
import type { OrcaReport } from "../../orca/orca-report.ts";
import type { HostSpec } from "../cluster-config.ts";
import { createProbeCodec } from "../health/create-probe-codec.ts";
import { printAddress } from "../print-address.ts";
import { TRANSPORT_SOCKET_MATCH } from "../transport-socket-matches.ts";
import { LoadStream, type LoadStreamSink } from "./load-stream.ts";

export interface OutOfBandOptions {
  readonly clusterName: string;
  readonly config: OutOfBandConfig;
  readonly weigh: LoadReportNeed["weigh"];
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  /** A connection of the cluster's own kind, over which HTTP/2 will be spoken. */
  connect(host: HostSpec, to: HostSpec["connectTo"]): Socket;
}

interface OutOfBandStats {
  readonly reports: Counter;
  readonly unusable: Counter;
  readonly failures: Counter;
  readonly terminated: Counter;
  readonly sessions: Gauge;
}

const BACKOFF_MS_MIN = 1000;
const BACKOFF_MS_MAX = 30_000;
/** Reports that may be missing in a row before the stream counts as stalled. */
const PERIODS_MAX = 3;

/**
 * Asks each host of a cluster for load reports on a stream of its own, as long as the host is there: with a deadline for every
 * report and a pause between attempts, until it says that it has no such service.
 */
export class OutOfBandReports {
  readonly #options: OutOfBandOptions;
  readonly #stats: OutOfBandStats;
  readonly #sessions = new Map<string, HostSession>();

  constructor(options: OutOfBandOptions) {
    this.#options = options;
    const scope = options.stats.scope("lb_orca_oob");
    this.#stats = {
      reports: scope.counter("reports_received"),
      unusable: scope.counter("report_errors"),
      failures: scope.counter("stream_failures"),
      terminated: scope.counter("stream_terminated"),
      sessions: scope.gauge("active_sessions"),
    };
  }

  setHosts(hosts: readonly HostSpec[]): void {
    const named = new Set(hosts.map(({ key }) => key));
    for (const [key, session] of this.#sessions) {
      if (named.has(key)) continue;
      this.#sessions.delete(key);
      session.stop();
    }
    for (const host of hosts) {
      const known = this.#sessions.get(host.key);
      if (known === undefined)
        this.#sessions.set(host.key, new HostSession(host, this.#options, this.#stats));
      else known.host = host;
    }
  }

  stop(): void {
    this.setHosts([]);
  }
}

class HostSession implements LoadStreamSink {
  host: HostSpec;
  /** The host has no such service: it is not asked again. */
  #ended = false;
  readonly #options: OutOfBandOptions;
  readonly #stats: OutOfBandStats;
  readonly #attempt: Timer;
  readonly #silence: Timer;
  #stream: LoadStream | undefined = undefined;
  #pauseMs = BACKOFF_MS_MIN;

  constructor(host: HostSpec, options: OutOfBandOptions, stats: OutOfBandStats) {
    this.host = host;
    this.#options = options;
    this.#stats = stats;
    stats.sessions.add(1);
    this.#attempt = options.timers.create(() => this.#open());
    this.#silence = options.timers.create(() => {
      this.#close();
      this.onEnd(false);
    });
    this.#attempt.arm(options.random.uint32() % Math.ceil(options.config.periodMs));
  }

  stop(): void {
    this.#attempt.disarm();
    this.#close();
    if (!this.#ended) this.#stats.sessions.sub(1);
  }

  onReport(report: OrcaReport): void {
    const { weigh, clock } = this.#options;
    this.#stats.reports.inc();
    this.#pauseMs = BACKOFF_MS_MIN;
    this.#await();
    const weight = weigh(report);
    const { loadPage } = this.host;
    if (weight === undefined || loadPage === undefined) this.#stats.unusable.inc();
    else new HostLoad(loadPage).note(weight, clock.wallMs());
  }

  onEnd(unsupported: boolean): void {
    this.#stream = undefined;
    this.#silence.disarm();
    if (unsupported) {
      this.#stats.terminated.inc();
      this.#ended = true;
      this.#stats.sessions.sub(1);
      return;
    }
    this.#stats.failures.inc();
    this.#attempt.arm(this.#options.random.uint32() % this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, BACKOFF_MS_MAX);
  }

  #open(): void {
    const { config, connect } = this.#options;
    const { socketMatch } = config;
    const host =
      socketMatch === undefined
        ? this.host
        : { ...this.host, metadata: { [TRANSPORT_SOCKET_MATCH]: socketMatch } };
    const to = this.#dialled();
    this.#await();
    this.#stream = new LoadStream({
      authority: this.#authority(to),
      periodMs: config.periodMs,
      connect: () => connect(host, to),
      createCodec: (connection, callbacks) => createProbeCodec("http2", connection, callbacks, this.#options),
      sink: this,
    });
  }

  #await(): void {
    this.#silence.arm(this.#options.config.periodMs * PERIODS_MAX);
  }

  #close(): void {
    this.#silence.disarm();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #dialled(): HostSpec["connectTo"] {
    const { connectTo } = this.host;
    const { port } = this.#options.config;
    return "path" in connectTo || port === 0 ? connectTo : { host: connectTo.host, port };
  }

  #authority(to: HostSpec["connectTo"]): string {
    const { config, clusterName } = this.#options;
    if (config.authority !== "") return config.authority;
    if (this.host.hostname !== "") return this.host.hostname;
    return "path" in to ? clusterName : printAddress(to.host, to.port);
  }
}
