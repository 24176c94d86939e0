/** xds.data.orca.v3.OrcaLoadReport. */
export interface OrcaReport {
  cpuUtilization: number;
  memUtilization: number;
  applicationUtilization: number;
  /** Requests and errors per second. */
  rpsFractional: number;
  eps: number;
  readonly requestCost: Map<string, number>;
  readonly utilization: Map<string, number>;
  readonly namedMetrics: Map<string, number>;
}

export function emptyOrcaReport(): OrcaReport {
  return {
    cpuUtilization: 0,
    memUtilization: 0,
    applicationUtilization: 0,
    rpsFractional: 0,
    eps: 0,
    requestCost: new Map(),
    utilization: new Map(),
    namedMetrics: new Map(),
  };
}
