import type { Compiled, HeaderMap } from "@sluice/extension-api";
import type { HttpConnectionManager_Tracing } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { FormatContext } from "../formatter/format-context.ts";
import type { RouteTracing } from "./route-tracing.ts";
import type { TraceSampling } from "./trace-decision.ts";

/** A connection manager's tracing configuration, compiled. */
export interface Tracer {
  readonly sampling: TraceSampling;
  /** The listener's requests go out (`traffic_direction: OUTBOUND`). */
  readonly outbound: boolean;
  /**
   * Starts the span of a downstream request. `traced`: what was decided for it; the decision of a parent in the incoming
   * headers holds instead. `undefined` when nothing must be propagated.
   */
  startSpan(request: HeaderMap, startTimeMs: number, traced: boolean): ActiveSpan | undefined;
}

export interface ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether it is exported; may be taken back until the end, which those behind hear if they have not been told yet. */
  sampled: boolean;
  /** The name that the client is told by the response's head; "": none. */
  decoration: string;
  /** Writes the propagation headers (W3C traceparent/tracestate) into an upstream request. */
  inject(headers: HeaderMap): void;
  /**
   * A child for an upstream try (`spawn_upstream_span`), or undefined when configuration does not want one and the router
   * does not either (`forced`: its `start_child_span`).
   */
  startUpstreamSpan(clusterName: string, startTimeMs: number, forced: boolean): ActiveSpan | undefined;
  /** A child for a copy of the request, called `mirror`. `sampled`: `trace_sampled`; undefined: as this one. */
  startMirrorSpan(clusterName: string, startTimeMs: number, sampled: boolean | undefined): ActiveSpan;
  setTag(name: string, value: string): void;
  /** Names and tags as the request's route has them. */
  useRoute(route: RouteTracing): void;
  /** Another name, unless a format gives one. */
  setOperation(name: string): void;
  /**
   * Ends it and hands it to the exporter's bounded queue; `context` supplies Envoy's standard tags. `endTimeMs`: wall-clock
   * start of the request plus what has passed since on the monotonic clock. `status`: of the response, 0 for none.
   */
  finish(context: FormatContext, endTimeMs: number, status: number): void;
}

export interface TracerFactory {
  compile(config: HttpConnectionManager_Tracing, path: string, outbound: boolean): Compiled<Tracer>;
}
