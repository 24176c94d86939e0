import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { Clock, Counter, Gauge, Random, Runtime, StatsScope } from "@sluice/extension-api";
import type { TimerQueue } from "../../event/timer-queue.ts";
import type { HostSpec } from "../cluster-config.ts";
import type { OutlierConfig, OutlierSign } from "../outlier/outlier-config.ts";
import { OutlierDetector, type SuccessRateBar } from "../outlier/outlier-detector.ts";
import { outlierEventLine } from "../outlier/outlier-event.ts";
import { TRANSPORT_SOCKET_MATCH } from "../transport-socket-matches.ts";
import { checkContext } from "./check-context.ts";
import { CheckedMember } from "./checked-member.ts";
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
import { RedisProbe, redisCounts } from "./redis-probe.ts";
import { TcpProbe } from "./tcp-probe.ts";

export interface ClusterHealthOptions {
  readonly clusterName: string;
  readonly checks: readonly HealthCheckConfig[];
  readonly outlier: OutlierConfig | undefined;
  /** `cluster_manager.outlier_detection.event_log_path`; "": none. */
  readonly outlierEventLogPath: string;
  /** Hosts that discovery no longer names stay until they fail their check (not with `ignore_health_on_host_removal`). */
  readonly keepHealthyRemoved: boolean;
  /** `ignore_new_hosts_until_first_hc`. */
  readonly ignoreNewHosts: boolean;
  readonly concurrency: number;
  readonly connectTimeoutMs: number;
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

/**
 * What is known of the health of a cluster's hosts on the main thread: what discovery says of them, active checks and outlier
 * detection, combined in flags.
 */
export class ClusterHealth {
  readonly #options: ClusterHealthOptions;
  readonly #members = new Map<string, CheckedMember>();
  readonly #detector: OutlierDetector | undefined;
  readonly #checks: readonly { readonly config: HealthCheckConfig; readonly stats: CheckStats }[];
  /** Connections of some checks count as the cluster's own, as in Envoy. */
  #checkedAsTraffic = false;
  readonly #together: { readonly healthy: Gauge; readonly degraded: Gauge } | undefined;

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
    const scope = options.stats.scope("health_check");
    this.#checks = options.checks.map((config) => ({ config, stats: checkStats(scope, config.name) }));
    this.#together =
      options.checks.length > 1
        ? { healthy: scope.gauge("healthy"), degraded: scope.gauge("degraded") }
        : undefined;
  }

  /** Each host that is to be checked has been, once; true where nothing is checked. */
  get firstRoundDone(): boolean {
    for (const { sessions, checked } of this.#members.values())
      if (sessions.length > 0 && !checked) return false;
    return true;
  }

  /** The hosts that discovery names now. `replaced`: the keys of hosts, with those of who takes their place. */
  update(found: readonly HostSpec[], replaced: ReadonlyMap<string, string> = NOBODY): void {
    const named = new Map(found.map((host) => [host.key, host]));
    const predecessors = new Map<string, CheckedMember>();
    for (const [key, member] of this.#members) {
      if (named.has(key)) continue;
      const successor = named.get(replaced.get(key) ?? "");
      if (successor !== undefined && !this.isCheckedOtherwise(member.host, successor))
        predecessors.set(successor.key, member);
      if (this.#stays(member, successor)) member.flags |= HealthFlag.PendingDynamicRemoval;
      else this.#drop(key, member);
    }
    for (const host of found) {
      const eds = flagsOfEds(host.edsHealth);
      const known = this.#members.get(host.key);
      if (known === undefined) this.#add(host, eds, predecessors.get(host.key));
      else {
        known.host = host;
        const ours = known.flags & ~(EDS_FLAGS | HealthFlag.PendingDynamicRemoval);
        known.flags = ours | eds;
        // Behind those that come before it, as discovery has them.
        this.#members.delete(host.key);
        this.#members.set(host.key, known);
      }
    }
    for (const [key, member] of [...this.#members]) {
      if (named.has(key)) break;
      this.#members.delete(key);
      this.#members.set(key, member);
    }
    this.#watch();
    this.#countTogether();
  }

  /**
   * Whether a host that discovery no longer names is kept while its check passes. As in Envoy also one that another takes the place of, but
   * for one of another locality or that is checked where this one was not.
   */
  #stays({ host, flags, sessions }: CheckedMember, successor: HostSpec | undefined): boolean {
    if (!this.#options.keepHealthyRemoved || sessions.length === 0) return false;
    if ((flags & GONE_WHERE_REMOVED) !== 0) return false;
    return (
      successor === undefined || (samePlace(host, successor) && isUnchecked(host) === isUnchecked(successor))
    );
  }

  /** Whether an endpoint is to be checked elsewhere than a host was, or no longer, or at last. */
  isCheckedOtherwise(host: HostSpec, endpoint: Omit<HostSpec, "page" | "key">): boolean {
    if (this.#checks.length === 0) return false;
    return (
      isUnchecked(host) !== isUnchecked(endpoint) || !isDeepStrictEqual(checkedAt(host), checkedAt(endpoint))
    );
  }

  #watch(): void {
    this.#detector?.setHosts(new Map([...this.#members].map(([key, { host }]) => [key, host.address])));
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
    // As in Envoy: the last check is told.
    this.#members.get(key)?.sessions.at(-1)?.failAtOnce();
  }

  stop(): void {
    for (const [key, member] of [...this.#members]) this.#drop(key, member);
    this.#detector?.stop();
  }

  #add(host: HostSpec, eds: number, predecessor: CheckedMember | undefined): void {
    const member = new CheckedMember(host, eds, predecessor);
    this.#members.set(host.key, member);
    if (host.healthCheck?.disabled === true) return;
    const { clock, timers, random, runtime } = this.#options;
    const hadTraffic = (): boolean => this.#checkedAsTraffic || this.#options.hadTraffic();
    for (const { config, stats } of this.#checks) {
      const view = member.view(config, {
        onChecked: (changed) => this.#onChecked(member, changed),
        log: (check, event) => this.#log(member, check, event),
      });
      const alone = this.#checks.length === 1;
      const context = { config, clock, timers, random, runtime, stats, alone, hadTraffic };
      member.sessions.push(
        new HealthCheckSession(context, view, (sink) => this.#probe(member, config, stats, sink)),
      );
    }
    for (const session of member.sessions) session.start();
  }

  #drop(key: string, member: CheckedMember): void {
    this.#members.delete(key);
    member.stop();
    this.#countTogether();
  }

  #onChecked(member: CheckedMember, changed: boolean): void {
    const failed = (member.flags & HealthFlag.FailedActiveHc) !== 0;
    if (failed && (member.flags & HealthFlag.PendingDynamicRemoval) !== 0) {
      this.#drop(member.host.key, member);
      this.#watch();
    }
    if (!failed) this.#detector?.onHealthCheckPassed(member.host.key);
    if (!changed) return;
    this.#countTogether();
    this.#options.onChange();
  }

  #verifiesName({ verifyCluster }: CheckStats): boolean {
    const { runtime, random } = this.#options;
    const verifies = runtime.featureEnabled("health_check.verify_cluster", 100, 100, random.uint32());
    if (verifies) verifyCluster.inc();
    return verifies;
  }

  /** Of several checks together; one alone counts by itself. */
  #countTogether(): void {
    if (this.#together === undefined) return;
    const checked = [...this.#members.values()].filter(({ sessions }) => sessions.length > 0);
    const count = (flag: HealthFlag, set: boolean): number =>
      checked.filter(({ flags }) => ((flags & flag) !== 0) === set).length;
    this.#together.healthy.set(count(HealthFlag.FailedActiveHc, false));
    this.#together.degraded.set(count(HealthFlag.DegradedActiveHc, true));
  }

  #log(member: CheckedMember, check: HealthCheckConfig, event: HealthEvent): void {
    const { clusterName, clock } = this.#options;
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

  #probe(member: CheckedMember, config: HealthCheckConfig, stats: CheckStats, sink: ProbeSink): Probe {
    const { clusterName, secure, clock } = this.#options;
    const { check, reuseConnection: reuse, alpn } = config;
    const { socketMatch } = config;
    const host =
      socketMatch === undefined
        ? member.host
        : { ...member.host, metadata: { [TRANSPORT_SOCKET_MATCH]: socketMatch } };
    const connect = (): Socket => this.#options.connect(host, checkedAt(member.host), alpn);
    const onProtocolError = (): void => this.#options.stats.counter("upstream_cx_protocol_error").inc();
    if (check.kind === "tcp") return new TcpProbe(check, reuse, connect, sink);
    if (check.kind === "redis") {
      const { connectTimeoutMs, timers, stats: cluster } = this.#options;
      const counts = redisCounts(cluster);
      const connectCounted = (): Socket => {
        this.#checkedAsTraffic = true;
        return connect();
      };
      return new RedisProbe({
        check,
        reuse,
        connectTimeoutMs,
        timers,
        connect: connectCounted,
        sink,
        counts,
      });
    }
    const hostname = member.host.healthCheck?.hostname ?? "";
    if (check.kind === "grpc") {
      const authority = firstOf(hostname, check.authority, clusterName);
      return new CodecProbe({
        check: createGrpcCheck(
          check,
          authority,
          secure,
          () => checkContext(member.host, "HTTP/2", clock),
          config.timeoutMs,
        ),
        reuse,
        connect,
        createCodec: (connection, callbacks) =>
          createProbeCodec("http2", connection, callbacks, this.#options),
        sink,
        onProtocolError,
      });
    }
    const authority = firstOf(hostname, check.host, clusterName);
    const protocol = check.http2 ? "HTTP/2" : "HTTP/1.1";
    return new CodecProbe({
      check: createHttpCheck(
        check,
        authority,
        secure,
        () => checkContext(member.host, protocol, clock),
        () => this.#verifiesName(stats),
      ),
      reuse,
      connect,
      createCodec: (connection, callbacks, alpn) =>
        createProbeCodec(probeProtocol(check, alpn), connection, callbacks, this.#options),
      sink,
      onProtocolError,
    });
  }
}

const NOBODY: ReadonlyMap<string, string> = new Map();
/** Who has one of these is not kept when discovery no longer names it. */
const GONE_WHERE_REMOVED = HealthFlag.FailedActiveHc | HealthFlag.FailedEdsHealth;
const CHECKERS = { http: "HTTP", tcp: "TCP", grpc: "GRPC", redis: "REDIS" } as const;
const EDS_FLAGS = HealthFlag.FailedEdsHealth | HealthFlag.DegradedEdsHealth | HealthFlag.EdsStatusDraining;

interface CheckStats extends HealthCheckStats {
  readonly verifyCluster: Counter;
}

/** `health_check: cluster.<cluster>.health_check.`; a named check's are below `name.<name>`. */
function checkStats(healthCheck: StatsScope, name: string): CheckStats {
  const scope = name === "" ? healthCheck : healthCheck.scope("name").scope(name);
  return {
    attempt: scope.counter("attempt"),
    success: scope.counter("success"),
    failure: scope.counter("failure"),
    passiveFailure: scope.counter("passive_failure"),
    networkFailure: scope.counter("network_failure"),
    verifyCluster: scope.counter("verify_cluster"),
    healthy: scope.gauge("healthy"),
    degraded: scope.gauge("degraded"),
  };
}

/** The endpoint's own address or port for checks, else where requests go. */
function checkedAt(host: Checked): HostSpec["connectTo"] {
  const own = host.healthCheck;
  if (own?.address !== undefined) return own.address;
  if ("path" in host.connectTo) return host.connectTo;
  const port = own?.port ?? 0;
  return port === 0 ? host.connectTo : { host: host.connectTo.host, port };
}

type Checked = Pick<HostSpec, "connectTo" | "healthCheck">;

const isUnchecked = ({ healthCheck }: Checked): boolean => healthCheck?.disabled ?? false;

const samePlace = (a: HostSpec, b: HostSpec): boolean =>
  a.region === b.region && a.zone === b.zone && a.subZone === b.subZone;

function firstOf(...texts: readonly string[]): string {
  return texts.find((text) => text !== "") ?? "";
}
