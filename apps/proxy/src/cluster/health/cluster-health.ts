import type { Socket } from "node:net";
import type { Clock, Counter, Random, Runtime, StatsScope } from "@sluice/extension-api";
import type { TimerQueue } from "../../worker/timer-queue.ts";
import type { HostSpec } from "../cluster-config.ts";
import type { OutlierConfig, OutlierSign } from "../outlier/outlier-config.ts";
import { OutlierDetector, type SuccessRateBar } from "../outlier/outlier-detector.ts";
import { outlierEventLine } from "../outlier/outlier-event.ts";
import { TRANSPORT_SOCKET_MATCH } from "../transport-socket-matches.ts";
import { CodecProbe } from "./codec-probe.ts";
import { createProbeCodec, probeProtocol } from "./create-probe-codec.ts";
import { createGrpcCheck } from "./grpc-check.ts";
import type { HealthCheckConfig } from "./health-check-config.ts";
import {
  HealthCheckSession,
  type HealthCheckStats,
  type Probe,
  type ProbeSink,
} from "./health-check-session.ts";
import { type HealthEvent, type HealthEventSource, healthEventLine } from "./health-event.ts";
import { excludedByFlags, flagsOfEds, HealthFlag, healthOfFlags } from "./health-flag.ts";
import { createHttpCheck } from "./http-check.ts";
import { TcpProbe } from "./tcp-probe.ts";

export interface ClusterHealthOptions {
  readonly clusterName: string;
  readonly check: HealthCheckConfig | undefined;
  readonly outlier: OutlierConfig | undefined;
  /** `cluster_manager.outlier_detection.event_log_path`; "": none. */
  readonly outlierEventLogPath: string;
  /** Hosts that discovery no longer names stay until they fail their check (not with `ignore_health_on_host_removal`). */
  readonly keepHealthyRemoved: boolean;
  /** `ignore_new_hosts_until_first_hc`. */
  readonly ignoreNewHosts: boolean;
  readonly concurrency: number;
  readonly secure: boolean;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
  readonly runtime: Runtime;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  /** A connection of the cluster's own kind to where a host is checked. */
  connect(host: HostSpec, to: HostSpec["connectTo"], alpn: readonly string[] | undefined): Socket;
  hadTraffic(): boolean;
  appendLine(path: string, line: string): void;
  /** Some host's health is another one, or all were checked once. */
  onChange(): void;
}

interface Member {
  host: HostSpec;
  flags: number;
  session: HealthCheckSession | undefined;
  checked: boolean;
}

/**
 * What is known of the health of a cluster's hosts on the main thread: what discovery says of them, active checks and outlier
 * detection, combined in flags.
 */
export class ClusterHealth {
  readonly #options: ClusterHealthOptions;
  readonly #members = new Map<string, Member>();
  readonly #detector: OutlierDetector | undefined;
  readonly #stats: HealthCheckStats | undefined;
  readonly #verifyCluster: Counter | undefined;

  constructor(options: ClusterHealthOptions) {
    this.#options = options;
    if (options.outlier !== undefined) {
      this.#detector = new OutlierDetector({
        ...options,
        config: options.outlier,
        onChange: () => options.onChange(),
        onEvent: (event) => {
          const path = options.outlierEventLogPath;
          if (path === "") return;
          const line = outlierEventLine({ ...event, cluster: options.clusterName }, options.clock.wallMs());
          options.appendLine(path, line);
        },
      });
    }
    if (options.check === undefined) return;
    const scope = options.stats.scope("health_check");
    this.#verifyCluster = scope.counter("verify_cluster");
    this.#stats = {
      attempt: scope.counter("attempt"),
      success: scope.counter("success"),
      failure: scope.counter("failure"),
      passiveFailure: scope.counter("passive_failure"),
      networkFailure: scope.counter("network_failure"),
      healthy: scope.gauge("healthy"),
      degraded: scope.gauge("degraded"),
    };
  }

  /** Each host that is to be checked has been, once; true where nothing is checked. */
  get firstRoundDone(): boolean {
    for (const { session, checked } of this.#members.values())
      if (session !== undefined && !checked) return false;
    return true;
  }

  /** The hosts that discovery names now. */
  update(found: readonly HostSpec[]): void {
    const named = new Set(found.map(({ key }) => key));
    for (const [key, member] of this.#members) {
      if (named.has(key)) continue;
      const keep =
        this.#options.keepHealthyRemoved &&
        member.session !== undefined &&
        (member.flags & HealthFlag.FailedActiveHc) === 0;
      if (keep) member.flags |= HealthFlag.PendingDynamicRemoval;
      else this.#drop(key, member);
    }
    for (const host of found) {
      const eds = flagsOfEds(host.edsHealth);
      const known = this.#members.get(host.key);
      if (known === undefined) this.#add(host, eds);
      else {
        known.host = host;
        const ours = known.flags & ~(EDS_FLAGS | HealthFlag.PendingDynamicRemoval);
        known.flags = ours | eds;
      }
    }
    this.#detector?.setHosts([...this.#members.keys()]);
  }

  /** The hosts with their health as it is now. */
  hosts(): readonly HostSpec[] {
    return [...this.#members.values()].map(({ host, flags }) => {
      const watched = this.#detector?.get(host.key);
      const ejected = watched?.ejected === true ? HealthFlag.FailedOutlierCheck : 0;
      const degraded = watched?.degradation.active === true ? HealthFlag.DegradedOutlierDetection : 0;
      const all = flags | ejected | degraded;
      return {
        ...host,
        flags: all,
        health: healthOfFlags(all),
        excluded: excludedByFlags(all, this.#options.ignoreNewHosts),
        ...(watched === undefined ? {} : { outlierPage: watched.buffer }),
      };
    });
  }

  /** For `/clusters`; -1: not known. */
  successRates(key: string): { readonly external: number; readonly local: number } {
    const watched = this.#detector?.get(key);
    return { external: watched?.successRate ?? -1, local: watched?.localOriginSuccessRate ?? -1 };
  }

  /** `undefined` without outlier detection. */
  successRateBar(local: boolean): SuccessRateBar | undefined {
    return this.#detector?.successRateBar(local);
  }

  onOutlierSign(key: string, sign: OutlierSign): void {
    this.#detector?.onSign(key, sign);
  }

  failAtOnce(key: string): void {
    this.#members.get(key)?.session?.failAtOnce();
  }

  stop(): void {
    for (const [key, member] of [...this.#members]) this.#drop(key, member);
    this.#detector?.stop();
  }

  #add(host: HostSpec, eds: number): void {
    const member: Member = { host, flags: eds, session: undefined, checked: false };
    this.#members.set(host.key, member);
    const { check } = this.#options;
    if (check === undefined || this.#stats === undefined || host.healthCheck?.disabled === true) return;
    member.flags |= HealthFlag.FailedActiveHc | HealthFlag.PendingActiveHc;
    const { clock, timers, random, hadTraffic } = this.#options;
    member.session = new HealthCheckSession(
      { config: check, clock, timers, random, stats: this.#stats, hadTraffic },
      new MemberView(member, {
        onChecked: (changed, healthy) => this.#onChecked(member, changed, healthy),
        log: (event) => this.#log(member, event),
      }),
      (sink) => this.#probe(member, check, sink),
    );
    member.session.start();
  }

  #drop(key: string, member: Member): void {
    this.#members.delete(key);
    member.session?.stop();
  }

  #onChecked(member: Member, changed: boolean, healthy: boolean): void {
    const first = !member.checked;
    member.checked = true;
    const failed = (member.flags & HealthFlag.FailedActiveHc) !== 0;
    if (failed && (member.flags & HealthFlag.PendingDynamicRemoval) !== 0) {
      this.#drop(member.host.key, member);
      this.#detector?.setHosts([...this.#members.keys()]);
    }
    if (healthy && !failed) this.#detector?.onHealthCheckPassed(member.host.key);
    if (changed || (first && this.firstRoundDone)) this.#options.onChange();
  }

  #log(member: Member, event: HealthEvent): void {
    const { check, clusterName, clock } = this.#options;
    if (check === undefined) return;
    const source: HealthEventSource = {
      checker: CHECKERS[check.check.kind],
      cluster: clusterName,
      locality: member.host,
      address: member.host.connectTo,
    };
    for (const path of check.eventLogPaths) {
      this.#options.appendLine(path, healthEventLine(event, source, clock.wallMs()));
    }
  }

  #probe(member: Member, config: HealthCheckConfig, sink: ProbeSink): Probe {
    const { clusterName, secure } = this.#options;
    const { check, reuseConnection: reuse, alpn } = config;
    const { socketMatch } = config;
    const host =
      socketMatch === undefined
        ? member.host
        : { ...member.host, metadata: { [TRANSPORT_SOCKET_MATCH]: socketMatch } };
    const connect = (): Socket => this.#options.connect(host, checkedAt(member.host, config.altPort), alpn);
    if (check.kind === "tcp") return new TcpProbe(check, reuse, connect, sink);
    const hostname = member.host.healthCheck?.hostname ?? "";
    if (check.kind === "grpc") {
      const authority = firstOf(hostname, check.authority, clusterName);
      return new CodecProbe({
        check: createGrpcCheck(check, authority, secure),
        reuse,
        connect,
        createCodec: (connection, callbacks) =>
          createProbeCodec("http2", connection, callbacks, this.#options),
        sink,
      });
    }
    const authority = firstOf(hostname, check.host, clusterName);
    return new CodecProbe({
      check: createHttpCheck(check, authority, secure, this.#verifyCluster ?? NO_COUNTER),
      reuse,
      connect,
      createCodec: (connection, callbacks, alpn) =>
        createProbeCodec(probeProtocol(check, alpn), connection, callbacks, this.#options),
      sink,
    });
  }
}

const CHECKERS = { http: "HTTP", tcp: "TCP", grpc: "GRPC" } as const;
const EDS_FLAGS = HealthFlag.FailedEdsHealth | HealthFlag.DegradedEdsHealth | HealthFlag.EdsStatusDraining;
const NO_COUNTER: Counter = { add: () => {}, inc: () => {} };

/** A member as its session sees it: the flags are the member's own. */
class MemberView {
  readonly #member: Member;
  readonly onChecked: (changed: boolean, healthy: boolean) => void;
  readonly log: (event: HealthEvent) => void;

  constructor(
    member: Member,
    hooks: {
      readonly onChecked: (changed: boolean, healthy: boolean) => void;
      readonly log: (event: HealthEvent) => void;
    },
  ) {
    this.#member = member;
    this.onChecked = hooks.onChecked;
    this.log = hooks.log;
  }

  get flags(): number {
    return this.#member.flags;
  }
  set flags(flags: number) {
    this.#member.flags = flags;
  }
}

/** The endpoint's own address or port for checks, else the check's `alt_port`, else where requests go. */
function checkedAt(host: HostSpec, altPort: number | undefined): HostSpec["connectTo"] {
  const own = host.healthCheck;
  if (own?.address !== undefined) return own.address;
  if ("path" in host.connectTo) return host.connectTo;
  const port = own === undefined || own.port === 0 ? altPort : own.port;
  return port === undefined ? host.connectTo : { host: host.connectTo.host, port };
}

function firstOf(...texts: readonly string[]): string {
  return texts.find((text) => text !== "") ?? "";
}
