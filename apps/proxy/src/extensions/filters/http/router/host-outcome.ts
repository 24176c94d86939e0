import { judgedStatus } from "../../../../cluster/outlier/error-matcher.ts";
import type { ClusterInfo } from "../../../../cluster/thread-local-cluster.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { grpcStatusOfHeaders, httpStatusOfGrpc } from "./grpc-outcome.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/**
 * What a try says of its host. Outlier detection and health checks hear of each response's head; success and failure are
 * counted of the response that the client gets, where gRPC's is told by the trailers.
 */

/** Answers the HTTP status that the head's grpc-status stands for; 0: it has none. */
export function judgeHead(
  attempt: UpstreamTry,
  headers: Headers,
  info: ClusterInfo,
  isGrpc: boolean,
): number {
  const { host, status } = attempt;
  const grpcStatus = isGrpc ? grpcStatusOfHeaders(headers) : undefined;
  const grpcAsHttp = grpcStatus === undefined ? 0 : httpStatusOfGrpc(grpcStatus);
  host.outlier?.putHttpResponseCode(
    grpcAsHttp === 0 ? judgedStatus(info.policies?.isError, headers, status) : grpcAsHttp,
  );
  if (headers.has(EnvoyHeader.degraded)) host.outlier?.putDegraded();
  if (headers.has(EnvoyHeader.immediateHealthCheckFail)) host.failHealthCheck?.();
  return grpcAsHttp;
}

/** The head goes to the client. `grpcAsHttp`: as `judgeHead` answered. */
export function countHead(
  attempt: UpstreamTry,
  isGrpc: boolean,
  endStream: boolean,
  grpcAsHttp: number,
): undefined {
  // Otherwise a failure by its code alone, and counted with that.
  if (attempt.status >= 500) return;
  const { stats } = attempt.host;
  if (!isGrpc) stats.rqSuccess.inc();
  else if (!endStream) attempt.grpcOutcomeOpen = true;
  else (grpcAsHttp !== 0 && grpcAsHttp < 500 ? stats.rqSuccess : stats.rqError).inc();
}

export function countTrailers(attempt: UpstreamTry, trailers: Headers): undefined {
  if (!attempt.grpcOutcomeOpen) return;
  const status = grpcStatusOfHeaders(trailers);
  const failed = status === undefined || httpStatusOfGrpc(status) >= 500;
  const { stats } = attempt.host;
  (failed ? stats.rqError : stats.rqSuccess).inc();
}
