import { LATENCY_BUCKETS_MS, type Measures } from "../contract.ts";
import { percentile } from "./percentile.ts";

/** When the newer side is worse. */
export interface ComparisonRule {
  /** Requests that each side must have had. */
  readonly requestsMin: number;
  /** Share of failed requests (0…1) by which the newer side may exceed the older one. */
  readonly errorRateRise: number;
  /** By how much the newer side's p95 may exceed the older one's. */
  readonly latencyFactor: number;
}

export interface ComparedFigures {
  readonly requests: number;
  /** 0…1; undefined without requests. */
  readonly errorRate: number | undefined;
  readonly p95Ms: number | undefined;
}

/** One statement of why, for translation. */
export interface ComparisonWord {
  readonly code: "too_few_requests" | "error_rates" | "error_rate_rise" | "latencies" | "latency_rise";
  /** Shares are 0…1, times milliseconds. */
  readonly values: Readonly<Record<string, number>>;
}

export interface MeasuresComparison {
  readonly verdict: "fine" | "worse" | "inconclusive";
  /** In words, with the figures that decided. */
  readonly reason: string;
  /** The same for translation. */
  readonly words: readonly ComparisonWord[];
  readonly newer: ComparedFigures;
  readonly older: ComparedFigures;
}

/**
 * Standard errors that a difference must exceed. Judged every second for minutes, a chance difference of 3 would come up now and
 * then; one of 4 comes once in 30,000 looks even if all of them were independent.
 */
const SIGNIFICANT_Z = 4;

/**
 * Whether `newer` is worse than `older`, by two rules. Nothing is concluded while either side has fewer than `requestsMin` requests.
 *
 * - Error rate: the newer side's share of failed requests exceeds the older's by more than `errorRateRise`, and by more than
 *   4 standard errors of a two-proportion z-test (pooled variance, one-sided).
 * - Latency: the newer side's p95 exceeds the older's times `latencyFactor`, and its share of requests slower than that exceeds the
 *   older's share by more than 4 standard errors of the same test: so a percentile that hangs on three slow requests decides nothing.
 */
export function compareMeasures(newer: Measures, older: Measures, rule: ComparisonRule): MeasuresComparison {
  const [newSide, oldSide] = [sideOf(newer), sideOf(older)];
  const figures = { newer: figuresOf(newSide), older: figuresOf(oldSide) };
  const least = Math.min(newSide.requests, oldSide.requests);
  if (least < rule.requestsMin) {
    const reason = `too few requests to compare: ${newSide.requests} on the new nodes, ${oldSide.requests} on the old, ${rule.requestsMin} needed`;
    const values = { newer: newSide.requests, older: oldSide.requests, needed: rule.requestsMin };
    return { verdict: "inconclusive", reason, words: [{ code: "too_few_requests", values }], ...figures };
  }
  const errors = `error rate ${percent(newSide.errorRate)} against ${percent(oldSide.errorRate)}`;
  const errorWord: ComparisonWord = {
    code: "error_rates",
    values: { newer: newSide.errorRate, older: oldSide.errorRate },
  };
  const rise = newSide.errorRate - oldSide.errorRate;
  const errorZ = zScore(newSide.failed, newSide.requests, oldSide.failed, oldSide.requests);
  if (rise > rule.errorRateRise && errorZ > SIGNIFICANT_Z) {
    const reason = `${errors}: a rise of more than ${percent(rule.errorRateRise)} (${errorZ.toFixed(1)} standard errors)`;
    const values = { rise: rule.errorRateRise, deviations: errorZ };
    return { verdict: "worse", reason, words: [errorWord, { code: "error_rate_rise", values }], ...figures };
  }
  if (newSide.p95Ms === undefined || oldSide.p95Ms === undefined) {
    return { verdict: "fine", reason: errors, words: [errorWord], ...figures };
  }
  const limitMs = oldSide.p95Ms * rule.latencyFactor;
  const latency = `p95 ${newSide.p95Ms.toFixed(1)} ms against ${oldSide.p95Ms.toFixed(1)} ms`;
  const latencyWord: ComparisonWord = {
    code: "latencies",
    values: { newer: newSide.p95Ms, older: oldSide.p95Ms },
  };
  const slowZ = zScore(...slowerThan(newer.latency, limitMs), ...slowerThan(older.latency, limitMs));
  if (newSide.p95Ms > limitMs && slowZ > SIGNIFICANT_Z) {
    const reason = `${latency}: more than ${rule.latencyFactor} times (${slowZ.toFixed(1)} standard errors)`;
    const values = { factor: rule.latencyFactor, deviations: slowZ };
    return { verdict: "worse", reason, words: [latencyWord, { code: "latency_rise", values }], ...figures };
  }
  return { verdict: "fine", reason: `${errors}, ${latency}`, words: [errorWord, latencyWord], ...figures };
}

interface Side {
  readonly requests: number;
  readonly failed: number;
  readonly errorRate: number;
  readonly p95Ms: number | undefined;
}

function sideOf(measures: Measures): Side {
  // As in `summarize`: a failure usually ends as a 5xx too, and one that was retried may end well.
  const failed = Math.max(measures.responses5xx, measures.failures - measures.retries);
  const requests = Math.max(measures.requests, failed);
  return {
    requests,
    failed,
    errorRate: requests === 0 ? 0 : failed / requests,
    p95Ms: percentile(measures.latency, 0.95),
  };
}

function figuresOf({ requests, errorRate, p95Ms }: Side): ComparedFigures {
  return { requests, errorRate: requests === 0 ? undefined : errorRate, p95Ms };
}

/** How many lie in buckets above the one of `limitMs`, and how many there are. */
function slowerThan(latency: readonly number[], limitMs: number): [number, number] {
  const bucket = LATENCY_BUCKETS_MS.findIndex((upper) => upper >= limitMs);
  const from = bucket < 0 ? LATENCY_BUCKETS_MS.length : bucket + 1;
  let slow = 0;
  let all = 0;
  for (const [index, count] of latency.entries()) {
    all += count;
    if (index >= from) slow += count;
  }
  return [slow, all];
}

/** Of the difference of two shares, in standard errors; 0 where there is nothing to compare. */
function zScore(newCount: number, newTotal: number, oldCount: number, oldTotal: number): number {
  if (newTotal === 0 || oldTotal === 0) return 0;
  const pooled = (newCount + oldCount) / (newTotal + oldTotal);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / newTotal + 1 / oldTotal));
  return error === 0 ? 0 : (newCount / newTotal - oldCount / oldTotal) / error;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)}%`;
}
