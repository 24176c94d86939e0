import { constants as h2, type ServerHttp2Stream } from "node:http2";
import { waitFor } from "@sluice/harness";
import { endpoint, httpBootstrap, indent, OVER_HTTP2 } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { GRPC_HEAD, refuseCall } from "../grpc-call.ts";
import { http2Service } from "../http2-service.ts";

type Answer = (stream: ServerHttp2Stream) => void;

/** A message in its frame; `status`: of HealthCheckResponse. */
const message = (status: number): Buffer => Buffer.from([0, 0, 0, 0, 2, 8, status]);

function answering(body: Buffer, grpcStatus: string | undefined, more: object = {}): Answer {
  return (stream) => {
    stream.respond({ ...GRPC_HEAD, ...more }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers(grpcStatus === undefined ? { other: "x" } : { "grpc-status": grpcStatus }),
    );
    stream.end(body);
  };
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  serving: answering(message(1), "0"),
  "not serving": answering(message(2), "0"),
  unknown: answering(message(0), "0"),
  "unknown service": answering(message(3), "0"),
  "another status": answering(message(1), "14"),
  "no status": answering(message(1), undefined),
  "no message": answering(Buffer.alloc(0), "0"),
  "two messages": answering(Buffer.concat([message(1), message(1)]), "0"),
  "half a message": answering(message(1).subarray(0, 6), "0"),
  compressed: answering(Buffer.from([1, 0, 0, 0, 2, 8, 1]), "0"),
  "an unknown field": answering(Buffer.from([0, 0, 0, 0, 4, 8, 1, 16, 1]), "0"),
  "status alone": (stream) => refuseCall(stream, 12),
  "no gRPC": answering(message(1), "0", { "content-type": "text/plain" }),
  "HTTP's 503": (stream) => stream.respond({ ":status": 503 }, { endStream: true }),
  "a reset": (stream) => stream.close(h2.NGHTTP2_REFUSED_STREAM),
  "a farewell": (stream) => {
    answering(message(1), "0")(stream);
    stream.session?.goaway(h2.NGHTTP2_NO_ERROR, stream.id ?? 0);
  },
  "a farewell for an error": (stream) => {
    answering(message(1), "0")(stream);
    stream.session?.goaway(h2.NGHTTP2_INTERNAL_ERROR, stream.id ?? 0);
  },
};

let current: Answer = ANSWERS.serving ?? (() => {});
let asked: readonly string[] | undefined;
const checked = http2Service((stream, headers, body) => {
  asked ??= [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
    body.toString("hex"),
  ].sort();
  current(stream);
});

async function flags(target: Target): Promise<string> {
  const text = await target.proxy.admin("/clusters");
  return /^checked::127.*::health_flags::(.*)$/m.exec(text)?.[1] ?? "absent";
}

async function attempts(target: Target): Promise<number> {
  const name = "cluster.checked.health_check.attempt";
  return (await target.proxy.stats(name)).get(name) ?? 0;
}

export const GRPC_CHECK_CASES: readonly ConformanceCase[] = [
  {
    title: "gRPC health checks ask and judge as Envoy's do",
    yaml: httpBootstrap({
      clusters: `
- name: checked
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: checked, endpoints: [{ lb_endpoints: [${endpoint("{{tcp}}")}] }] }
${indent(OVER_HTTP2, 2)}
  health_checks:
    - { timeout: 0.5s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 2, healthy_threshold: 1, grpc_health_check: { service_name: shop, authority: checks.test, initial_metadata: [{ header: { key: x-who, value: "%HOSTNAME%" }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }, { header: { key: x-two, value: a } }, { header: { key: x-two, value: b } }] } }`,
    }).replace("%HOSTNAME%", "me"),
    tcp: checked,
    observe: async (target) => {
      asked = undefined;
      const seen: Record<string, string> = {};
      const settle = async (name: string): Promise<string> => {
        current = ANSWERS[name] ?? current;
        const before = await attempts(target);
        // A check that is under way, and as many as the threshold wants.
        await waitFor("checks", async () => (await attempts(target)) >= before + 4, {
          deadlineMs: 5_000,
          intervalMs: 20,
        });
        return flags(target);
      };
      for (const name of Object.keys(ANSWERS)) {
        await settle("serving");
        seen[name] = await settle(name);
      }
      return { seen, asked };
    },
  },
];
