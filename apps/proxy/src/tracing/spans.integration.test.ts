import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { ExportTraceServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { Span } from "@sluice/xds/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { startUnaryReceiver } from "../grpc/unary-receiver-fixture.ts";
import {
  clusterYaml,
  eventually,
  listenerYaml,
  ProxyProcess,
  portOf,
} from "../server/proxy-process-fixture.ts";

const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

function tag(span: Span, name: string): string | undefined {
  const value = span.attributes.find(({ key }) => key === name)?.value?.value;
  return value?.case === "stringValue" ? value.value : undefined;
}

test("spans have their true length, a child per try, and say what failed", async () => {
  const spans: Span[] = [];
  const collector = await startUnaryReceiver(ExportTraceServiceRequestSchema, ({ resourceSpans }) => {
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
  });
  const seen: (string | undefined)[] = [];
  const upstream = createServer((request, response) => {
    seen.push(request.headers.traceparent?.toString());
    response.statusCode = request.url === "/flaky" && seen.length === 2 ? 503 : 200;
    setTimeout(() => response.end("late"), 25);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const tracing = `tracing: {spawn_upstream_span: true, provider: {name: otel, typed_config: {"@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig, service_name: edge, grpc_service: {envoy_grpc: {cluster_name: collector}}}}}`;
  const routes = `route_config: {name: local, virtual_hosts: [{name: all, domains: ["*"], routes: [
        {match: {prefix: /direct}, direct_response: {status: 503, body: {inline_string: closed}}},
        {match: {prefix: /named}, route: {cluster: web}, decorator: {operation: checkout}, tracing: {upstream_operation: "to %UPSTREAM_CLUSTER%", custom_tags: [{tag: shop, literal: {value: own}}]}},
        {match: {prefix: /nowhere}, route: {cluster: empty}},
        {match: {prefix: /}, route: {cluster: web, retry_policy: {retry_on: 5xx, num_retries: 1}}}]}]}`;
  const proxy = new ProxyProcess(`
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - ${listenerYaml("main", routes, tracing).trim().replaceAll("\n", "\n    ")}
  clusters:
  - ${clusterYaml("web", portOf(upstream.address()))}
  - ${clusterYaml("collector", collector.port).replace("connect_timeout: 1s", "connect_timeout: 1s, http2_protocol_options: {}")}
  - {name: empty, connect_timeout: 1s, load_assignment: {cluster_name: empty}}
`);
  try {
    await proxy.live();
    const base = `http://127.0.0.1:${await proxy.listenerPort("main")}`;
    for (const path of ["/slow", "/flaky", "/direct", "/nowhere", "/named"])
      await (await fetch(base + path)).text();
    await eventually(
      "nine spans",
      () => (spans.length >= 9 ? true : undefined),
      () => proxy.output,
    );
    const of = (path: string): Span => {
      const found = spans.find((span) => tag(span, "http.url")?.endsWith(path));
      assert.ok(found, path);
      return found;
    };
    const children = (span: Span): Span[] =>
      spans.filter(({ parentSpanId }) => Buffer.from(parentSpanId).equals(Buffer.from(span.spanId)));
    const length = (span: Span): bigint => span.endTimeUnixNano - span.startTimeUnixNano;

    const slow = of("/slow");
    const [child] = children(slow);
    assert.ok(child);
    assert.equal(slow.kind, SERVER);
    assert.equal(slow.name, "ingress");
    assert.equal(tag(slow, "http.status_code"), "200");
    assert.equal(tag(slow, "error"), undefined);
    assert.equal(child.kind, CLIENT);
    assert.equal(child.name, "router web egress");
    assert.ok(length(child) >= 20_000_000n && length(child) <= length(slow));
    assert.ok(slow.startTimeUnixNano <= child.startTimeUnixNano);
    assert.equal(seen[0]?.split("-")[2], Buffer.from(child.spanId).toString("hex"));

    const flaky = of("/flaky");
    const tries = children(flaky);
    assert.deepEqual(
      tries.map((one) => [tag(one, "http.status_code"), tag(one, "error"), tag(one, "retry.count")]),
      [
        ["503", "true", undefined],
        ["200", undefined, "1"],
      ],
    );
    assert.equal(tag(flaky, "error"), undefined);

    const named = of("/named");
    assert.equal(named.name, "checkout");
    assert.equal(tag(named, "shop"), "own");
    assert.deepEqual(
      children(named).map(({ name }) => name),
      ["to web"],
    );

    for (const path of ["/direct", "/nowhere"]) {
      const span = of(path);
      assert.deepEqual(children(span), []);
      assert.equal(tag(span, "http.status_code"), "503");
      assert.equal(tag(span, "error"), "true");
      assert.equal(span.status?.code, ERROR);
    }
    assert.equal(tag(of("/nowhere"), "response_flags"), "UH");
    assert.ok(
      spans.some((span) => length(span) % 1_000_000n !== 0n),
      "lengths are finer than milliseconds",
    );
  } finally {
    await proxy.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
    await collector.close();
  }
});
