export interface StoreOptions {
  /** Above it a node's requests are sampled (errors first) and the rest counted. Default 200. */
  readonly requestsPerSecondAndNode?: number;
  /** Spans, whole traces as far as one can tell. Default 500. */
  readonly spansPerSecondAndNode?: number;
  /** How much waits in memory while Postgres does not answer; beyond it the oldest goes, counted. Default 50,000 each. */
  readonly queueRowsMax?: number;
  /** How long one write may take. Default 10,000. */
  readonly writeDeadlineMs?: number;
  /** Told when writing fails, and again when it works. */
  readonly onTrouble?: (what: string, error: unknown) => void;
  readonly onRecovered?: (what: string) => void;
}
