import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { Compiled, Condition, HeaderView } from "./contract.ts";
import { compileCookieMatcher } from "./cookie-matcher.ts";
import { compileFilterStateMatcher } from "./filter-state-matcher.ts";
import { compileHeaderMatcher } from "./header-matcher.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileQueryParameterMatcher } from "./query-parameter-matcher.ts";
import { compileRuntimeFraction } from "./runtime-fraction.ts";
import { compileMetadataMatcher } from "./value-matcher.ts";

/** Everything that a RouteMatch asks beside the path; all of it must hold. */
export function compileRouteConditions(match: RouteMatch, path: string): Compiled<readonly Condition[]> {
  const problems = new ProblemList();
  const conditions: Condition[] = [];
  const add = (part: Compiled<Condition>) => {
    const condition = problems.take(part);
    if (condition !== undefined) conditions.push(condition);
  };
  if (match.runtimeFraction)
    add(compileRuntimeFraction(match.runtimeFraction, fieldPath(path, "runtime_fraction")));
  if (match.grpc) conditions.push(grpcCondition(fieldPath(path, "grpc")));
  for (const [i, header] of match.headers.entries())
    add(compileHeaderMatcher(header, fieldPath(path, `headers[${i}]`)));
  for (const [i, parameter] of match.queryParameters.entries())
    add(compileQueryParameterMatcher(parameter, fieldPath(path, `query_parameters[${i}]`)));
  for (const [i, cookie] of match.cookies.entries())
    add(compileCookieMatcher(cookie, fieldPath(path, `cookies[${i}]`)));
  if (match.tlsContext) conditions.push(...tlsConditions(match.tlsContext, fieldPath(path, "tls_context")));
  for (const [i, metadata] of match.dynamicMetadata.entries())
    add(compileMetadataMatcher(metadata, fieldPath(path, `dynamic_metadata[${i}]`)));
  for (const [i, state] of match.filterState.entries())
    add(compileFilterStateMatcher(state, fieldPath(path, `filter_state[${i}]`)));
  return problems.result(() => conditions);
}

/** Content type `application/grpc`, alone or with a `+` suffix: `application/grpc-web` is another protocol. */
export function isGrpcContentType(value: string | undefined): boolean {
  if (value === undefined || !value.startsWith("application/grpc")) return false;
  return value.length === 16 || value.charCodeAt(16) === 0x2b;
}

/** As Envoy: a CONNECT, which has no path, is no gRPC request whatever its content type. */
export function isGrpcRequest(headers: HeaderView | undefined): boolean {
  return (
    headers !== undefined &&
    isGrpcContentType(headers.get("content-type")) &&
    headers.get(":path") !== undefined
  );
}

function grpcCondition(field: string): Condition {
  return {
    field,
    wanted: "content type is application/grpc",
    matches: isGrpcRequest,
    given: (headers) => headers.get("content-type"),
  };
}

function tlsConditions(config: NonNullable<RouteMatch["tlsContext"]>, path: string): Condition[] {
  const conditions: Condition[] = [];
  const { presented, validated } = config;
  if (presented !== undefined)
    conditions.push({
      field: fieldPath(path, "presented"),
      wanted: `client certificate is ${presented ? "" : "not "}presented`,
      matches: (_headers, _random, context) => (context.tls?.peerCertificatePresented ?? false) === presented,
    });
  if (validated !== undefined)
    conditions.push({
      field: fieldPath(path, "validated"),
      wanted: `client certificate is ${validated ? "" : "not "}validated`,
      matches: (_headers, _random, context) => (context.tls?.peerCertificateValidated ?? false) === validated,
    });
  return conditions;
}
