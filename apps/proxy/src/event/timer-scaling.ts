/** Envoy's kinds of timeouts that an overloaded proxy may shorten. */
export const SCALED_TIMERS = [
  "HTTP_DOWNSTREAM_CONNECTION_IDLE",
  "HTTP_DOWNSTREAM_STREAM_IDLE",
  "TRANSPORT_SOCKET_CONNECT",
  "HTTP_DOWNSTREAM_CONNECTION_MAX",
  "HTTP_DOWNSTREAM_STREAM_FLUSH",
] as const;
export type ScaledTimer = (typeof SCALED_TIMERS)[number];

/** What is left of a timeout when the action is saturated: so long, or that share of it. */
export type TimerMinimum =
  | { readonly kind: "timeout"; readonly ms: number }
  /** From 0 to 1. */
  | { readonly kind: "share"; readonly share: number };

export type TimerMinimums = Readonly<Partial<Record<ScaledTimer, TimerMinimum>>>;

/** `envoy.overload_actions.reduce_timeouts` in one thread. */
export class TimerScaling {
  readonly minimums: TimerMinimums;
  /** The action's, from 0 (timeouts are as configured) to 1 (as short as they get). */
  state = 0;

  constructor(minimums: TimerMinimums) {
    this.minimums = minimums;
  }

  /** What a timeout of `ms` is just now. */
  apply(minimum: TimerMinimum, ms: number): number {
    const least = minimum.kind === "timeout" ? Math.min(minimum.ms, ms) : minimum.share * ms;
    return ms - (ms - least) * this.state;
  }
}
