import type { Clock, Counter, Gauge, Histogram, StatsScope } from "@sluice/extension-api";

/** Below `listener.<address>.`: the connections of one worker. */
export class ListenerStats {
  readonly preCxTimeout: Counter;
  readonly filterRemoteClose: Counter;
  readonly filterError: Counter;
  readonly noFilterChainMatch: Counter;
  readonly handshakeTimeout: Counter;
  private readonly clock: Clock;
  private readonly cxTotal: Counter;
  private readonly cxActive: Gauge;
  private readonly cxDestroy: Counter;
  private readonly cxLength: Histogram;
  private readonly preCxActive: Gauge;
  private readonly workerCxTotal: Counter;
  private readonly workerCxActive: Gauge;

  constructor(scope: StatsScope, workerIndex: number, clock: Clock) {
    this.clock = clock;
    this.preCxTimeout = scope.counter("downstream_pre_cx_timeout");
    this.filterRemoteClose = scope.counter("downstream_listener_filter_remote_close");
    this.filterError = scope.counter("downstream_listener_filter_error");
    this.noFilterChainMatch = scope.counter("no_filter_chain_match");
    this.handshakeTimeout = scope.counter("downstream_cx_transport_socket_connect_timeout");
    // Of filters that are discovered, but there for every listener.
    scope.counter("extension_config_missing");
    scope.counter("network_extension_config_missing");
    this.preCxActive = scope.gauge("downstream_pre_cx_active");
    this.cxTotal = scope.counter("downstream_cx_total");
    this.cxActive = scope.gauge("downstream_cx_active");
    this.cxDestroy = scope.counter("downstream_cx_destroy");
    this.cxLength = scope.histogram("downstream_cx_length_ms");
    const worker = scope.scope(`worker_${workerIndex}`);
    this.workerCxTotal = worker.counter("downstream_cx_total");
    this.workerCxActive = worker.gauge("downstream_cx_active");
  }

  /** A socket with which listener filters are not done. */
  pending(): void {
    this.preCxActive.add(1);
  }

  /** They are. */
  settled(): void {
    this.preCxActive.sub(1);
  }

  /** A socket that no listener filters see, which Envoy counts as pending for no time. */
  passed(): void {
    this.preCxActive.sub(0);
  }

  /** A connection has found its chain; answers when, which `ended` takes. */
  begun(): number {
    this.cxTotal.inc();
    this.cxActive.add(1);
    this.workerCxTotal.inc();
    this.workerCxActive.add(1);
    return this.clock.nowMs();
  }

  ended(begunAtMs: number): void {
    this.cxActive.sub(1);
    this.workerCxActive.sub(1);
    this.cxDestroy.inc();
    this.cxLength.record(this.clock.nowMs() - begunAtMs);
  }
}
