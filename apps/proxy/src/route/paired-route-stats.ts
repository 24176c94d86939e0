import type { Counter, Histogram } from "@sluice/extension-api";
import type { RouteStats } from "./route-entry.ts";

/** Counts in both a route's and a virtual cluster's figures. */
export class PairedRouteStats implements RouteStats {
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqCompleted: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqTime: Histogram;
  private readonly one: RouteStats;
  private readonly two: RouteStats;

  constructor(one: RouteStats, two: RouteStats) {
    this.one = one;
    this.two = two;
    this.upstreamRqTotal = both(one.upstreamRqTotal, two.upstreamRqTotal);
    this.upstreamRqCompleted = both(one.upstreamRqCompleted, two.upstreamRqCompleted);
    this.upstreamRqRetry = both(one.upstreamRqRetry, two.upstreamRqRetry);
    this.upstreamRqRetrySuccess = both(one.upstreamRqRetrySuccess, two.upstreamRqRetrySuccess);
    this.upstreamRqRetryLimitExceeded = both(
      one.upstreamRqRetryLimitExceeded,
      two.upstreamRqRetryLimitExceeded,
    );
    this.upstreamRqRetryOverflow = both(one.upstreamRqRetryOverflow, two.upstreamRqRetryOverflow);
    this.upstreamRqTimeout = both(one.upstreamRqTimeout, two.upstreamRqTimeout);
    this.upstreamRqTime = {
      record(value) {
        one.upstreamRqTime.record(value);
        two.upstreamRqTime.record(value);
      },
    };
  }

  countResponse(status: number): void {
    this.one.countResponse(status);
    this.two.countResponse(status);
  }
}

function both(one: Counter, two: Counter): Counter {
  return {
    inc() {
      one.inc();
      two.inc();
    },
    add(n) {
      one.add(n);
      two.add(n);
    },
  };
}
