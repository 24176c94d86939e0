import type { Headers } from "../http/header-map.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { decorateRequest } from "../tracing/decorate-span.ts";
import type { RouteTracing } from "../tracing/route-tracing.ts";
import { decideTrace } from "../tracing/trace-decision.ts";
import type { ActiveSpan, Tracer } from "../tracing/tracer.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

/** Decides whether a request is traced, counts that, and begins its span; `route`: what the request's route says of tracing. */
export function traceRequest(
  tracer: Tracer,
  headers: Headers,
  info: RequestStreamInfo,
  route: RouteTracing | undefined,
  { worker, requestId, stats }: ConnectionManagerConfig,
): ActiveSpan | undefined {
  const sampling = route?.sampling ?? tracer.sampling;
  const reason = decideTrace(headers, sampling, requestId, worker.runtime, worker.random);
  info.traceReason = reason;
  stats.tracing[reason ?? "not_traceable"].inc();
  const span = tracer.startSpan(headers, info.startTimeMs, reason !== undefined);
  if (span !== undefined) decorateRequest(span, route, headers, tracer.outbound);
  return span;
}
