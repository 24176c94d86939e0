import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const TRACING = (more = ""): string =>
  `
tracing:
  ${more}
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      grpc_service: { envoy_grpc: { cluster_name: collector }, timeout: 0.25s }
      service_name: s`.replace(", timeout: 0.25s", "");

const ROUTES = `
- { match: { prefix: "/decorated" }, route: { cluster: one }, decorator: { operation: checkout } }
- { match: { prefix: "/kept" }, route: { cluster: one }, decorator: { operation: checkout, propagate: false } }
- { match: { prefix: "/never" }, route: { cluster: one }, tracing: { random_sampling: { numerator: 0 } } }
- { match: { prefix: "/limited" }, route: { cluster: one }, tracing: { overall_sampling: { numerator: 0 } } }
- { match: { prefix: "/client" }, route: { cluster: one }, tracing: { client_sampling: { numerator: 100 }, random_sampling: { numerator: 0 } } }
- { match: { prefix: "/direct" }, direct_response: { status: 200 }, decorator: { operation: direct } }
- { match: { prefix: "/" }, route: { cluster: one } }`;

const PATHS = ["/decorated", "/kept", "/never", "/limited", "/client", "/direct", "/"];

/** What the upstream and the client were told of traces, and why each request was traced. */
async function observe({ send, upstream }: Target): Promise<unknown> {
  const seen: unknown[] = [];
  for (const path of PATHS)
    for (const headers of [[], [["x-client-trace-id", "1"]], [["x-envoy-decorator-operation", "theirs"]]] as [
      string,
      string,
    ][][]) {
      const before = upstream.requests.length;
      const { fields } = await send({ path, headers });
      const request = upstream.requests[before];
      seen.push({
        path,
        headers,
        response: fields.filter(([name]) => name.startsWith("x-envoy-decorator")),
        operation: request?.header("x-envoy-decorator-operation"),
        sampled: request?.header("traceparent")?.slice(-2),
        reason: request?.header("x-request-id")?.[14],
      });
    }
  return seen;
}

const STATS = ["client_enabled", "health_check", "not_traceable", "random_sampling", "service_forced"].map(
  (name) => `http.main.tracing.${name}`,
);

export const TRACING_CASES: readonly ConformanceCase[] = [
  {
    title: "a route's decorator and sampling, on a listener for requests that come in",
    yaml: httpBootstrap({
      hcm: TRACING(),
      routes: ROUTES,
      clusters: staticCluster("collector", ["{{dead}}"], "http2_protocol_options: {}"),
    }),
    ignoreUpstream: true,
    observe,
    stats: STATS,
  },
  {
    title: "a route's decorator and sampling, on a listener for requests that go out",
    yaml: httpBootstrap({
      listener: "traffic_direction: OUTBOUND",
      hcm: TRACING("random_sampling: { value: 0 }"),
      routes: `${ROUTES.replace("numerator: 0 } } }", "numerator: 100 } } }")}`,
      clusters: staticCluster("collector", ["{{dead}}"], "http2_protocol_options: {}"),
    }),
    reply: { headers: [["x-envoy-decorator-operation", "upstreams"]], body: "one" },
    ignoreUpstream: true,
    observe,
    stats: STATS,
  },
];
