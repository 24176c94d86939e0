/** A host's share of successes in one interval, in percent. */
export interface RatedHost<Host> {
  readonly host: Host;
  readonly successRate: number;
}

export interface SuccessRateJudgement<Host> {
  readonly average: number;
  /** Below it a host is an outlier. */
  readonly threshold: number;
  readonly outliers: readonly RatedHost<Host>[];
}

/** `factor`: `success_rate_stdev_factor`, thousandths of a standard deviation. At least one host. */
export function judgeSuccessRates<Host>(
  hosts: readonly RatedHost<Host>[],
  factor: number,
): SuccessRateJudgement<Host> {
  const average = hosts.reduce((sum, { successRate }) => sum + successRate, 0) / hosts.length;
  const variance =
    hosts.reduce((sum, { successRate }) => sum + (successRate - average) ** 2, 0) / hosts.length;
  const threshold = average - (factor / 1000) * Math.sqrt(variance);
  return { average, threshold, outliers: hosts.filter(({ successRate }) => successRate < threshold) };
}
