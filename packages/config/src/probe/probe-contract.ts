import type { Reason } from "../rollout/rollout-reason.ts";

export const PROBE_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
export type ProbeMethod = (typeof PROBE_METHODS)[number];

/** A request that a node must answer as expected before a rollout's step counts as done on it. */
export interface SyntheticProbe {
  /** Name of the listener whose own address on the node gets the request. */
  readonly listener: string;
  readonly method: ProbeMethod;
  /**
   * `http://shop.example/health?full`: its host is the Host header and, with `https`, the TLS server name; where it leads is the
   * listener, whatever the host resolves to.
   */
  readonly url: string;
  /** No credentials: whoever may read rollouts reads them. */
  readonly headers: readonly ProbeHeader[];
  /** Any of these is as expected. */
  readonly statuses: readonly number[];
  /** What the first 64 KiB of the body must contain; "": nothing. */
  readonly bodyContains: string;
  /** From the connection to the answer's last byte. */
  readonly timeoutMs: number;
  /** So many failures of one node in a row fail the step. */
  readonly attempts: number;
  /** `host:port` by node id, for nodes that take no orders (a stock Envoy): the control plane sends their requests. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface ProbeHeader {
  readonly name: string;
  readonly value: string;
}

/** What is read of a body. */
export const PROBE_BODY_BYTES_MAX = 65_536;

/** What came of one request; `error`: there was no answer. */
export type ProbeObservation =
  | { readonly status: number; readonly bodyMatches: boolean; readonly durationMs: number }
  | { readonly error: string };

/** Of one node in a step: `waiting` for its configuration or its answer; `failed` after as many attempts as the probe allows. */
export interface ProbeState {
  readonly state: "waiting" | "passed" | "failed";
  readonly attempts: number;
  /** What was wrong with the last answer, in English. */
  readonly reason: string | undefined;
  /** The same for translation. */
  readonly words: Reason | undefined;
  readonly at: Date | undefined;
}
