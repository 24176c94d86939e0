/** What is added to configurations, beside what follows from them. */
export interface InjectionSettings {
  /** Percent of requests whose spans are made where the user configured no tracing; 0: none. */
  readonly traceSamplingPercent: number;
}

/** The bootstrap's cluster that leads here; config calls it `CONTROL_CLUSTER`. */
export const CONTROL_CLUSTER = "sluice_control";
