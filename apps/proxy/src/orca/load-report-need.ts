import type { OrcaReport } from "./orca-report.ts";

/** What a load-balancing policy wants to hear of its hosts; the main thread's. */
export interface LoadReportNeed {
  /** How much a host may be given, 1…2³²-1; undefined: the report does not say. */
  weigh(report: OrcaReport): number | undefined;
  /** Undefined: hosts report with their responses alone. */
  readonly outOfBand: OutOfBandConfig | undefined;
}

/** How hosts are asked for reports beside requests. */
export interface OutOfBandConfig {
  /** What hosts are asked to report at; default 10 s. */
  readonly periodMs: number;
  /** Of the host's address; 0: its own port. */
  readonly port: number;
  /** `:authority`; "": the host's name, its address, or the cluster's name where that is a path. */
  readonly authority: string;
  /** `transport_socket_match_criteria`: chooses among the cluster's sockets in place of the endpoint's metadata. */
  readonly socketMatch: Readonly<Record<string, unknown>> | undefined;
}
