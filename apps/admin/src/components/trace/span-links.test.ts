import assert from "node:assert/strict";
import { test } from "node:test";
import type { Span } from "@sluice/telemetry";
import { clusterOfSpan } from "./span-links.ts";

function spanWith(attributes: Span["attributes"]): Span {
  return {
    traceId: "t",
    spanId: "s",
    parentSpanId: undefined,
    name: "ingress",
    kind: "server",
    service: "proxy",
    node: "n",
    startNs: 0n,
    durationNs: 1n,
    error: false,
    attributes,
    events: [],
  };
}

test("a proxy's span leads to the cluster that it chose", () => {
  assert.equal(clusterOfSpan(spanWith({ upstream_cluster: "web" })), "web");
  assert.equal(clusterOfSpan(spanWith({ upstream_cluster: "-", "upstream_cluster.name": "api" })), "api");
  assert.equal(clusterOfSpan(spanWith({ "http.method": "GET", upstream_cluster: 3 })), undefined);
});
