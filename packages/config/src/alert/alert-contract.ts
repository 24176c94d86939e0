/** The words of alert rules; part of the package's contract. */

/**
 * `error_rate` 0…1 of requests that failed or ended as 5xx; `latency_p99` milliseconds; `request_rate` requests per second;
 * `node_lost` seconds that a node has been away; `certificate_days` days that a certificate has left.
 */
export const ALERT_MEASURES = [
  "error_rate",
  "latency_p99",
  "request_rate",
  "node_lost",
  "certificate_days",
] as const;
export type AlertMeasure = (typeof ALERT_MEASURES)[number];

export const ALERT_SCOPES = ["all", "group", "node", "listener", "host", "route", "cluster"] as const;

/**
 * What a rule looks at: everything together (`all`), or each group, node, listener, host, route or cluster by itself. With `name`: that
 * one alone. Routes are `virtual host/route`.
 */
export interface AlertScope {
  readonly kind: (typeof ALERT_SCOPES)[number];
  readonly name?: string | undefined;
}

export interface AlertThreshold {
  readonly when: "above" | "below";
  readonly value: number;
}

export interface AlertRule {
  readonly name: string;
  readonly measure: AlertMeasure;
  readonly scope: AlertScope;
  readonly threshold: AlertThreshold;
  /** Over how long traffic is measured. */
  readonly windowMs: number;
  /** How long the threshold must be crossed before it fires. */
  readonly forMs: number;
  /** Fewer requests in the window: nothing is concluded of error rate and latency. */
  readonly requestsMin: number;
  readonly enabled: boolean;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly revision: number;
}

/** `pending`: the threshold is crossed, not yet for long enough. `resolved`: it was firing and is fine again. */
export type AlertState = "pending" | "firing" | "resolved";

/** A rule on one target. */
export interface Alert {
  readonly rule: string;
  /** `cluster/web`, `node/edge-1`, `all`. */
  readonly target: string;
  readonly state: AlertState;
  readonly since: Date;
  readonly value: number | undefined;
  readonly evaluatedAt: Date;
  /** The silence that keeps it quiet now. */
  readonly silence: string | undefined;
}

export interface Silence {
  readonly id: string;
  /** Undefined: every rule. */
  readonly rule: string | undefined;
  /** Undefined: every target. */
  readonly target: string | undefined;
  readonly reason: string;
  readonly author: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What a rule sees of one target. */
export interface Measurement {
  readonly target: string;
  /** The node group that it belongs to, where it belongs to one. */
  readonly group: string | undefined;
  /** Undefined: nothing to conclude from. */
  readonly value: number | undefined;
}

/** What a rule would say now. */
export interface AlertReading extends Measurement {
  readonly crossed: boolean;
}
