import type { Random } from "@sluice/extension-api";

/** Envoy's names of the actions that are built. From `CARRIED_OUT_FROM` on they are not asked about, but told. */
export const OVERLOAD_ACTIONS = [
  "envoy.overload_actions.stop_accepting_requests",
  "envoy.overload_actions.disable_http_keepalive",
  "envoy.overload_actions.reject_incoming_connections",
  "envoy.overload_actions.stop_accepting_connections",
  "envoy.overload_actions.reduce_timeouts",
  "envoy.overload_actions.shrink_heap",
  "envoy.overload_actions.reset_high_memory_stream",
] as const;
export const CARRIED_OUT_FROM = 3;
export type OverloadActionName = (typeof OVERLOAD_ACTIONS)[number];

/** Envoy's names of the load-shed points that are built. */
export const LOAD_SHED_POINTS = [
  "envoy.load_shed_points.tcp_listener_accept",
  "envoy.load_shed_points.hcm_ondata_creating_codec",
  "envoy.load_shed_points.http1_server_abort_dispatch",
  "envoy.load_shed_points.http_connection_manager_decode_headers",
  "envoy.load_shed_points.http_downstream_filter_check",
  "envoy.load_shed_points.http2_server_go_away_on_dispatch",
  "envoy.load_shed_points.http2_server_go_away_and_close_on_dispatch",
  "envoy.load_shed_points.connection_pool_new_connection",
  "envoy.load_shed_points.tcp_proxy_on_data",
  "envoy.load_shed_points.tcp_proxy_upstream_connect",
] as const;

/** Places in `LOAD_SHED_POINTS`: what is asked for each request is no text. */
export const LoadShedPoint = {
  TcpListenerAccept: 0,
  CreateCodec: 1,
  Http1Dispatch: 2,
  DecodeHeaders: 3,
  Router: 4,
  Http2GoAway: 5,
  Http2GoAwayAndClose: 6,
  UpstreamConnection: 7,
  TcpProxyData: 8,
  TcpProxyConnect: 9,
} as const;
export type LoadShedPoint = (typeof LoadShedPoint)[keyof typeof LoadShedPoint];

/** What the connections' side asks of the overload manager. */
export interface OverloadDecision {
  /** Asked at each occasion: yes with the probability that is the action's state. */
  takes(action: OverloadActionName): boolean;
  /** Asked whenever a point is passed, likewise: the load is to be shed there, which is counted. */
  sheds(point: LoadShedPoint): boolean;
  /** `envoy.resource_monitors.global_downstream_max_connections`; undefined: the runtime's key decides. */
  readonly maxConnections: number | undefined;
}

/** Of listeners with `bypass_overload_manager`. */
export const NEVER_OVERLOADED: OverloadDecision = {
  takes: () => false,
  sheds: () => false,
  maxConnections: undefined,
};

const MAX_CONNECTIONS = OVERLOAD_ACTIONS.length;
const FIRST_POINT = MAX_CONNECTIONS + 1;

/** States of the actions and points, from 0 (inactive) to 1 (saturated): written by the main thread, read by the workers. */
export class SharedOverloadState implements OverloadDecision {
  readonly #slots: Float64Array;
  readonly #random: Random;
  readonly #onShed: (point: LoadShedPoint) => void;

  constructor(buffer: SharedArrayBuffer, random: Random, onShed: (point: LoadShedPoint) => void = () => {}) {
    this.#slots = new Float64Array(buffer);
    this.#random = random;
    this.#onShed = onShed;
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((FIRST_POINT + LOAD_SHED_POINTS.length) * 8);
  }

  set(action: OverloadActionName, state: number): void {
    this.#slots[OVERLOAD_ACTIONS.indexOf(action)] = state;
  }

  /** From 0 (inactive) to 1 (saturated). */
  stateOf(action: OverloadActionName): number {
    return this.#slots[OVERLOAD_ACTIONS.indexOf(action)] ?? 0;
  }

  takes(action: OverloadActionName): boolean {
    return this.#draw(this.#slots[OVERLOAD_ACTIONS.indexOf(action)] ?? 0);
  }

  setPoint(point: number, state: number): void {
    this.#slots[FIRST_POINT + point] = state;
  }

  sheds(point: LoadShedPoint): boolean {
    if (!this.#draw(this.#slots[FIRST_POINT + point] ?? 0)) return false;
    this.#onShed(point);
    return true;
  }

  #draw(state: number): boolean {
    return state > 0 && (state >= 1 || this.#random.uint32() < state * 0x1_0000_0000);
  }

  get maxConnections(): number | undefined {
    const max = this.#slots[MAX_CONNECTIONS] ?? 0;
    return max === 0 ? undefined : max;
  }

  setMaxConnections(max: number): void {
    this.#slots[MAX_CONNECTIONS] = max;
  }
}
