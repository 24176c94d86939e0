import type { HeaderMap } from "@sluice/extension-api";
import type { RouteTracing } from "./route-tracing.ts";
import type { ActiveSpan } from "./tracer.ts";

const OPERATION = "x-envoy-decorator-operation";

/**
 * Names a request's span as its route says. Whoever is on the other side is told the name by a header: with requests that go
 * out (`outbound`) the server, with those that come in the client; each may give the span another name by the same header.
 * Answers what the client is to be told, "" for nothing.
 */
export function decorateRequest(
  span: ActiveSpan,
  route: RouteTracing | undefined,
  headers: HeaderMap,
  outbound: boolean,
): string {
  if (route !== undefined) span.useRoute(route);
  const operation = route?.propagate === true ? route.operation : "";
  if (outbound) {
    if (operation !== "") headers.set(OPERATION, operation);
    return "";
  }
  const theirs = headers.get(OPERATION);
  if (theirs === undefined) return operation;
  headers.remove(OPERATION);
  if (theirs === "") return operation;
  span.setOperation(theirs);
  return "";
}

/** `operation`: what `decorateRequest` has answered. */
export function decorateResponse(
  span: ActiveSpan,
  headers: HeaderMap,
  operation: string,
  outbound: boolean,
): void {
  if (!outbound) {
    if (operation !== "") headers.set(OPERATION, operation);
    return;
  }
  const theirs = headers.get(OPERATION);
  if (theirs === undefined) return;
  headers.remove(OPERATION);
  if (theirs !== "") span.setOperation(theirs);
}
