import type { RunningProxy } from "@sluice/harness";
import { TestCertificates, waitFor } from "@sluice/harness";
import { httpBootstrap, indent, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { http2Exchange } from "../http2-exchange.ts";
import { isNotHere } from "../stats-not-here.ts";

const TYPE = "type.googleapis.com/envoy";
const certificates = TestCertificates.ofProcess();
const ca = certificates.create("dump-ca", { ca: true });
const own = certificates.create("dump-own", { issuer: ca, names: "DNS:own.test" });

/** What is not the same in two proxies, and whole lists of what each can do. */
const NOISE = new Set([
  "last_updated",
  "user_agent_name",
  "user_agent_build_version",
  "extensions",
  "valid_from",
  "expiration_time",
  "days_until_expiration",
]);

async function answer({ admin, dir }: RunningProxy, path: string): Promise<unknown> {
  const text = (await admin(path)).replaceAll(dir, "<dir>");
  return JSON.parse(text, (key, value: unknown) => (NOISE.has(key) ? undefined : value));
}

/** Names of stats that some text is part of. */
async function statNames(proxy: RunningProxy, filter: string): Promise<readonly string[]> {
  const text = await proxy.admin(`/stats?filter=${encodeURIComponent(filter)}`);
  const names = text.split("\n").flatMap((line) => /^(.*?): /.exec(line)?.[1] ?? []);
  return names.filter((name) => !isNotHere(name)).sort();
}

/** A TCP proxy to cluster `one`. `head`: the listener's first field; `chain`: further fields of its filter chain. */
function tcpListener(head: string, logs = "", chain = ""): string {
  return `
- ${head}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
    - filters:
        - name: tcp
          typed_config: { "@type": ${TYPE}.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: one, access_log: [${logs}] }
${indent(chain, 6)}`;
}

function bootstrap(
  listeners: readonly string[],
  { clusters = "", node = "{ id: node, cluster: nodes }", more = "", secrets = "" } = {},
): string {
  return `
node: ${node}
${more}
static_resources:
${indent(secrets, 2)}
  listeners:
${indent(listeners.join(""), 4)}
  clusters:
${indent(staticCluster("one", ["{{upstream}}"]) + clusters, 4)}
`;
}

const tls = (fields: string): string => `
transport_socket:
  name: tls
  typed_config:
    "@type": ${TYPE}.extensions.transport_sockets.tls.v3.DownstreamTlsContext
    common_tls_context: { ${fields} }`;

const fromFile = (name: string): string =>
  `sds_config: { path_config_source: { path: "{{dir}}/${name}.yaml" } }`;
const PAIR = `{ certificate_chain: { filename: "{{dir}}/own.pem" }, private_key: { filename: "{{dir}}/own.key" } }`;
const ROOTS = `{ trusted_ca: { filename: "{{dir}}/ca.pem" } }`;
const SECRET = `"@type": ${TYPE}.extensions.transport_sockets.tls.v3.Secret`;

const STDOUT = `{ name: stdout, typed_config: { "@type": ${TYPE}.extensions.access_loggers.stream.v3.StdoutAccessLog } }`;
const SERVICE = "grpc_service: { envoy_grpc: { cluster_name: service } }";
const OTLP = `{ name: otlp, typed_config: { "@type": ${TYPE}.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig, ${SERVICE}, log_name: x } }`;
const GRPC = `{ name: grpc, typed_config: { "@type": ${TYPE}.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig, common_config: { log_name: x, transport_api_version: V3, ${SERVICE} } } }`;
const TRACED = `tracing: { provider: { name: otel, typed_config: { "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig, grpc_service: { envoy_grpc: { cluster_name: dead } }, service_name: x } } }`;
const OVER_TLS = `transport_socket: { name: tls, typed_config: { "@type": ${TYPE}.extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: own.test } }`;

const SOURCE = "{ ads: {}, resource_api_version: V3, initial_fetch_timeout: 0.1s }";
const UNREACHED = `
dynamic_resources:
  ads_config: { api_type: GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: control } }] }
  lds_config: ${SOURCE}
  cds_config: ${SOURCE}`;

export const CONTROL_PLANE_BOOTSTRAP_CASES: readonly ConformanceCase[] = [
  {
    title:
      "config_dump shows a bootstrap as it is configured, without what flags say and without given names",
    yaml: bootstrap([tcpListener("name: main"), tcpListener("stat_prefix: unnamed")], {
      node: "{ id: node, locality: { region: here, zone: there } }",
    }),
    args: ["--service-node", "flag", "--service-cluster", "flags", "--service-zone", "zone"],
    observe: async ({ proxy }) => ({
      dump: await answer(proxy, "/config_dump"),
      unnamed: await answer(proxy, "/config_dump?resource=static_listeners&name_regex="),
      named: await answer(proxy, "/config_dump?resource=static_listeners&name_regex=.%2B"),
    }),
  },
  {
    title: "config_dump has sections of routes where there is a connection manager, be they empty",
    yaml: httpBootstrap({}),
    observe: async ({ proxy }) => await answer(proxy, "/config_dump?name_regex=nothing"),
  },
  {
    title: "what a control plane has not sent has no version, and its cluster the stats of who was called",
    yaml: bootstrap([tcpListener("name: main")], {
      clusters: staticCluster("control", ["{{dead}}"], OVER_HTTP2),
      more: UNREACHED,
    }),
    observe: async ({ proxy }) => ({
      dump: await answer(proxy, "/config_dump"),
      stats: await statNames(proxy, String.raw`^cluster\.control\.http2|\.[cl]ds\.`),
    }),
  },
  {
    title:
      "stats are listed from the start: of files, of logs that go to services, of clusters that speak TLS",
    yaml: bootstrap([tcpListener("name: main", `${STDOUT}, ${OTLP}, ${GRPC}`)], {
      clusters: staticCluster("service", ["{{dead}}"], OVER_HTTP2) + staticCluster("secure", ["1"], OVER_TLS),
    }),
    observe: ({ proxy }) =>
      statNames(proxy, String.raw`^filesystem\.|^access_logs\.|overload|^cluster\.secure\..*ssl`),
  },
  {
    title: "a tracer's stats are listed from the start, those of HTTP/2 with the first connection",
    yaml: httpBootstrap({ hcm: TRACED }),
    ignoreUpstream: true,
    observe: async (target) => {
      const names = (): Promise<readonly string[]> =>
        statNames(target.proxy, String.raw`^tracing\.|^(cluster\..*\.)?http2\.`);
      const before = await names();
      await target.send({ path: "/" });
      const between = await names();
      await http2Exchange(target, {
        send: (client) => client.request(1, "/"),
      });
      return { before, between, after: await names() };
    },
  },
  {
    title: "entries of a TCP log are counted as they go out on a stream, and not as written",
    yaml: bootstrap([tcpListener("name: main", GRPC)], {
      clusters: staticCluster("service", ["{{dead}}"], OVER_HTTP2),
    }),
    observe: async ({ proxy, connect }) => {
      (await connect()).destroy();
      return await waitFor("an entry to go out", async () => {
        const text = await proxy.admin("/stats?filter=^access_logs");
        return /flushed: 1$/m.test(text) && text;
      });
    },
  },
  {
    title: "server_info lists what is at its default",
    yaml: httpBootstrap({}),
    observe: async ({ proxy }) => {
      const info = Object(await answer(proxy, "/server_info"));
      return [info, info.command_line_options, info.node].map((each) => Object.keys(each).sort());
    },
  },
  {
    title: "certs tells the files of certificates unless discovery brought them, and contexts without any",
    yaml: bootstrap(
      [
        tcpListener("name: main", "", tls(`tls_certificates: [${PAIR}], validation_context: ${ROOTS}`)),
        tcpListener(
          "name: fixed",
          "",
          tls(
            "tls_certificate_sds_secret_configs: [{ name: fixed }], validation_context_sds_secret_config: { name: fixed-roots }",
          ),
        ),
        tcpListener(
          "name: found",
          "",
          tls(
            `tls_certificate_sds_secret_configs: [{ name: found, ${fromFile("found")} }], combined_validation_context: { default_validation_context: {}, validation_context_sds_secret_config: { name: found-roots, ${fromFile("found-roots")} } }`,
          ),
        ),
      ],
      {
        clusters: staticCluster("secure", ["1"], OVER_TLS),
        secrets: `secrets:
  - { name: fixed, tls_certificate: ${PAIR} }
  - { name: fixed-roots, validation_context: ${ROOTS} }`,
      },
    ),
    files: {
      "own.pem": own.certificate,
      "own.key": own.key,
      "ca.pem": ca.certificate,
      "found.yaml": `resources: [{ ${SECRET}, name: found, tls_certificate: ${PAIR} }]`,
      "found-roots.yaml": `resources: [{ ${SECRET}, name: found-roots, validation_context: ${ROOTS} }]`,
    },
    observe: async ({ proxy }) => {
      // In Envoy as their addresses happen to be.
      const { certificates } = Object(await answer(proxy, "/certs"));
      return certificates.map((each: unknown) => JSON.stringify(each)).sort();
    },
  },
];
