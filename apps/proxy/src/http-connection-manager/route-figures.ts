import type { Clock, Histogram, StatsScope } from "@sluice/extension-api";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";

/**
 * How often a request looked for its route and how long that took; with `record_route_resolution_stats` a sample each for each
 * request.
 */
export class RouteFigures {
  private readonly timeUs: Histogram | undefined;
  private readonly count: Histogram | undefined;
  private readonly clock: Clock;

  /** `scope`: the connection manager's; undefined: without stats. */
  constructor(scope: StatsScope | undefined, clock: Clock) {
    this.timeUs = scope?.histogram("downstream_rq_route_resolution_time_us");
    this.count = scope?.histogram("downstream_rq_route_resolutions");
    this.clock = clock;
  }

  measure<T>(info: RequestStreamInfo, find: () => T): T {
    const startMs = this.clock.nowMs();
    const found = find();
    info.routeResolutionMs += this.clock.nowMs() - startMs;
    info.routeResolutions++;
    return found;
  }

  /** The request is over; one that was refused unread has looked for none. */
  record(info: RequestStreamInfo): void {
    this.timeUs?.record(Math.round(info.routeResolutionMs * 1000));
    this.count?.record(info.routeResolutions);
  }
}
