import type { Random } from "@sluice/extension-api";

/** Envoy's names of the actions that are built. */
export const OVERLOAD_ACTIONS = [
  "envoy.overload_actions.stop_accepting_requests",
  "envoy.overload_actions.disable_http_keepalive",
  "envoy.overload_actions.reject_incoming_connections",
] as const;
export type OverloadActionName = (typeof OVERLOAD_ACTIONS)[number];

/** What the connections' side asks of the overload manager. */
export interface OverloadDecision {
  /** Asked at each occasion: yes with the probability that is the action's state. */
  takes(action: OverloadActionName): boolean;
  /** `envoy.resource_monitors.global_downstream_max_connections`; undefined: the runtime's key decides. */
  readonly maxConnections: number | undefined;
}

/** Of listeners with `bypass_overload_manager`. */
export const NEVER_OVERLOADED: OverloadDecision = { takes: () => false, maxConnections: undefined };

const MAX_CONNECTIONS = OVERLOAD_ACTIONS.length;

/** States of the actions, from 0 (inactive) to 1 (saturated): written by the main thread, read by the workers. */
export class SharedOverloadState implements OverloadDecision {
  readonly #slots: Float64Array;
  readonly #random: Random;

  constructor(buffer: SharedArrayBuffer, random: Random) {
    this.#slots = new Float64Array(buffer);
    this.#random = random;
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((OVERLOAD_ACTIONS.length + 1) * 8);
  }

  set(action: OverloadActionName, state: number): void {
    this.#slots[OVERLOAD_ACTIONS.indexOf(action)] = state;
  }

  takes(action: OverloadActionName): boolean {
    const state = this.#slots[OVERLOAD_ACTIONS.indexOf(action)] ?? 0;
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
