import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { RouteTracing } from "./route-tracing.ts";
import type { ActiveSpan } from "./tracer.ts";

/**
 * Names a request's span as its route says. Whoever is on the other side is told the name by a header: with requests that go
 * out (`outbound`) the server, with those that come in the client; each may give the span another name by the same header.
 */
export function decorateRequest(
  span: ActiveSpan,
  route: RouteTracing | undefined,
  headers: HeaderMap,
  outbound: boolean,
): undefined {
  if (route !== undefined) span.useRoute(route);
  const operation = route?.propagate === true ? route.operation : "";
  if (outbound) {
    if (operation !== "") headers.set(EnvoyHeader.decoratorOperation, operation);
    return;
  }
  const theirs = headers.get(EnvoyHeader.decoratorOperation);
  if (theirs !== undefined) headers.remove(EnvoyHeader.decoratorOperation);
  if (theirs === undefined || theirs === "") span.decoration = operation;
  else span.setOperation(theirs);
}

export function decorateResponse(span: ActiveSpan, headers: HeaderMap, outbound: boolean): undefined {
  if (!outbound) {
    if (span.decoration !== "") headers.set(EnvoyHeader.decoratorOperation, span.decoration);
    return;
  }
  const theirs = headers.get(EnvoyHeader.decoratorOperation);
  if (theirs === undefined) return;
  headers.remove(EnvoyHeader.decoratorOperation);
  if (theirs !== "") span.setOperation(theirs);
}
