import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Counter, StatsScope } from "@sluice/extension-api";
import { createHttp1Stats } from "../http/h1/http1-stats.ts";

/** `http.admin.`: what nothing here counts, at 0. */
const HTTP_COUNTERS = [
  "downstream_cx_delayed_close_timeout",
  "downstream_cx_drain_close",
  "downstream_cx_http2_total",
  "downstream_cx_http3_total",
  "downstream_cx_idle_timeout",
  "downstream_cx_max_duration_reached",
  "downstream_cx_max_requests_reached",
  "downstream_cx_overload_disable_keepalive",
  "downstream_cx_protocol_error",
  "downstream_cx_ssl_total",
  "downstream_cx_upgrades_total",
  "downstream_flow_control_paused_reading_total",
  "downstream_flow_control_resumed_reading_total",
  "downstream_rq_failed_path_normalization",
  "downstream_rq_header_timeout",
  "downstream_rq_http2_total",
  "downstream_rq_http3_total",
  "downstream_rq_idle_timeout",
  "downstream_rq_max_duration_reached",
  "downstream_rq_non_relative_path",
  "downstream_rq_overload_close",
  "downstream_rq_redirected_with_normalized_path",
  "downstream_rq_rejected_via_ip_detection",
  "downstream_rq_response_before_rq_complete",
  "downstream_rq_rx_reset",
  "downstream_rq_timeout",
  "downstream_rq_too_large",
  "downstream_rq_too_many_premature_resets",
  "downstream_rq_tx_reset",
  "downstream_rq_ws_on_non_ws_route",
  "rs_too_large",
] as const;
const HTTP_GAUGES = [
  "downstream_cx_http1_soft_drain",
  "downstream_cx_http2_active",
  "downstream_cx_http3_active",
  "downstream_cx_ssl_active",
  "downstream_cx_tx_bytes_buffered",
  "downstream_cx_upgrades_active",
] as const;
/** `listener.admin.`, likewise. */
const LISTENER_COUNTERS = [
  "downstream_cx_overflow",
  "downstream_cx_overload_reject",
  "downstream_cx_transport_socket_connect_timeout",
  "downstream_global_cx_overflow",
  "downstream_listener_filter_error",
  "downstream_listener_filter_remote_close",
  "downstream_pre_cx_timeout",
  "no_filter_chain_match",
] as const;

/** `http.admin.` and `listener.admin.`: who asks the admin interface, as Envoy's own connection manager counts it. */
export class AdminStats {
  readonly #counter: (name: string) => readonly Counter[];
  readonly #http: StatsScope;
  readonly #listener: StatsScope;
  readonly #main: StatsScope;
  /** Of each connection: what its last request has read. */
  readonly #reads = new WeakMap<Socket, { total: number; last: number }>();

  constructor(root: StatsScope) {
    this.#http = root.scope("http").scope("admin");
    this.#listener = root.scope("listener").scope("admin");
    this.#main = this.#listener.scope("main_thread");
    createHttp1Stats(root);
    const perListener = this.#listener.scope("http").scope("admin");
    this.#counter = (name) => [this.#http.counter(name), perListener.counter(name)];
    for (const name of HTTP_COUNTERS) this.#http.counter(name);
    for (const name of [...HTTP_GAUGES, "downstream_cx_rx_bytes_buffered"]) this.#http.gauge(name);
    for (const name of ["destroy", "destroy_local", "destroy_remote"]) {
      this.#http.counter(`downstream_cx_${name}`);
      this.#http.counter(`downstream_cx_${name}_active_rq`);
    }
    for (const name of LISTENER_COUNTERS) this.#listener.counter(name);
    this.#listener.counter("downstream_cx_destroy");
    this.#listener.gauge("downstream_pre_cx_active");
    for (const direction of ["rx", "tx"]) this.#http.counter(`downstream_cx_${direction}_bytes_total`);
    for (const name of ["completed", "1xx", "2xx", "3xx", "4xx", "5xx"])
      this.#counter(`downstream_rq_${name}`);
    for (const name of ["downstream_rq_total", "downstream_rq_http1_total"]) this.#http.counter(name);
    this.#http.gauge("downstream_rq_active");
    this.#http.histogram("downstream_rq_time");
    this.#http.histogram("downstream_cx_length_ms");
    this.#listener.histogram("downstream_cx_length_ms");
    for (const scope of [this.#http, this.#listener, this.#main]) {
      scope.counter("downstream_cx_total");
      scope.gauge("downstream_cx_active");
    }
    this.#http.counter("downstream_cx_http1_total");
    this.#http.gauge("downstream_cx_http1_active");
  }

  connection(socket: Socket): void {
    const begun = performance.now();
    const [http, listener] = [this.#http, this.#listener];
    const active = [http, listener, this.#main].map((scope) => scope.gauge("downstream_cx_active"));
    for (const scope of [http, listener, this.#main]) scope.counter("downstream_cx_total").inc();
    // Which Envoy counts as pending for no time.
    listener.gauge("downstream_pre_cx_active").set(0);
    http.counter("downstream_cx_http1_total").inc();
    active.push(http.gauge("downstream_cx_http1_active"));
    for (const gauge of active) gauge.add(1);
    const reads = { total: 0, last: 0 };
    this.#reads.set(socket, reads);
    let remote = false;
    socket.once("end", () => {
      remote = true;
    });
    socket.once("close", () => {
      for (const gauge of active) gauge.sub(1);
      for (const scope of [http, listener]) {
        scope.counter("downstream_cx_destroy").inc();
        scope.histogram("downstream_cx_length_ms").record(Math.floor(performance.now() - begun));
      }
      http.counter(`downstream_cx_destroy_${remote ? "remote" : "local"}`).inc();
      http.counter("downstream_cx_rx_bytes_total").add(socket.bytesRead);
      http.gauge("downstream_cx_rx_bytes_buffered").sub(reads.last);
      http.counter("downstream_cx_tx_bytes_total").add(socket.bytesWritten);
    });
  }

  /** As Envoy, which takes a request by one read. */
  #countRead(socket: Socket | null): void {
    const reads = socket === null ? undefined : this.#reads.get(socket);
    if (socket === null || reads === undefined) return;
    const last = socket.bytesRead - reads.total;
    this.#http.gauge("downstream_cx_rx_bytes_buffered").sub(reads.last - last);
    reads.total += last;
    reads.last = last;
  }

  request(response: ServerResponse): void {
    const begun = performance.now();
    const http = this.#http;
    http.counter("downstream_rq_total").inc();
    http.counter("downstream_rq_http1_total").inc();
    http.gauge("downstream_rq_active").add(1);
    this.#countRead(response.socket);
    response.once("close", () => {
      http.gauge("downstream_rq_active").sub(1);
      http.histogram("downstream_rq_time").record(Math.floor(performance.now() - begun));
      if (!response.headersSent) return;
      const digit = Math.floor(response.statusCode / 100);
      for (const name of ["completed", `${digit}xx`])
        for (const counter of this.#counter(`downstream_rq_${name}`)) counter.inc();
    });
  }
}
