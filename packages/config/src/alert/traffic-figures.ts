import type { AlertScope } from "./alert-contract.ts";

/** Asks what went through; answered from telemetry, which this package does not know. */
export interface TrafficQuestion {
  readonly kind: Exclude<AlertScope["kind"], "all" | "group">;
  /** That scope alone. */
  readonly name?: string | undefined;
  /** Sums the scopes by these names instead; what is not in it is left out. */
  readonly together?: ReadonlyMap<string, string> | undefined;
  readonly windowMs: number;
  readonly now: Date;
}

export interface TrafficFigures {
  readonly name: string;
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** 0…1; undefined without requests. */
  readonly errorRate: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Scopes without any row in the window are left out. */
export type ReadTraffic = (question: TrafficQuestion) => Promise<readonly TrafficFigures[]>;
