import { connect } from "node:tls";
import { TestCertificates } from "@sluice/harness";
import type { AskedService } from "../answering-service.ts";
import { CHECK_ANSWERS } from "../authorization-answers.ts";
import { authorizationService, plainAuthorizationService } from "../authorization-service.ts";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { downstreamTls, inlineText, tlsCertificate } from "../downstream-tls.ts";
import { http2Exchange } from "../http2-exchange.ts";
import { listenersBootstrap } from "../many-listeners.ts";
import {
  asking,
  CLUSTER_STATS,
  get,
  LOG,
  PER_ROUTE,
  post,
  ROUTER,
  SERVICE,
  STATS,
  TYPES,
} from "./ext-authz-parts.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("authz-ca", { ca: true, subject: "/CN=Test CA/O=Test" });
const server = certificates.create("authz-server", { issuer: ca, names: "DNS:server.test" });
const CLIENTS = [
  undefined,
  certificates.create("authz-uri", { issuer: ca, names: "DNS:c.test,URI:spiffe://client/a" }),
  certificates.create("authz-dns", { issuer: ca, names: "DNS:c1.test,DNS:c2.test" }),
  certificates.create("authz-bare", { issuer: ca, subject: "/CN=client/O=a, b" }),
];
const TLS = downstreamTls(`common_tls_context:
  tls_certificates: [${tlsCertificate(server)}]
  validation_context: { trusted_ca: ${inlineText(ca.certificate)} }`);

const filter = (more: string, name = "authz"): string => `- name: ${name}
  typed_config:
    "@type": ${TYPES}.ext_authz.v3.ExtAuthz
    grpc_service: { envoy_grpc: { cluster_name: authz }, timeout: 5s }
    ${more.replaceAll("\n", "\n    ")}
`;
const setMetadata = (namespace: string, value: string): string => `- name: set-${namespace}
  typed_config:
    "@type": ${TYPES}.set_metadata.v3.Config
    metadata: [{ metadata_namespace: ${namespace}, value: ${value} }]
`;
const service = (): AskedService =>
  authorizationService(({ attributes }) => {
    const path = attributes?.request?.http?.path ?? "";
    return CHECK_ANSWERS[path.replace(/^.*\//, "")] ?? {};
  });

interface Parts {
  readonly filters: string;
  readonly requests?: readonly CaseRequest[];
  readonly calls?: number;
  readonly more?: Partial<Parameters<typeof httpBootstrap>[0]>;
  readonly observe?: (target: Target) => Promise<unknown>;
  readonly lines?: number;
  /** Further fields of the node. */
  readonly node?: string;
  /** In place of a plain listener's bootstrap. */
  yaml?(filters: string): string;
}

function told(title: string, parts: Parts): ConformanceCase {
  const { filters, requests = [], calls, more, observe, lines, node = "" } = parts;
  const authz = service();
  const yaml =
    parts.yaml?.(filters) ??
    httpBootstrap({ hcm: LOG, httpFilters: filters + ROUTER, ...more, clusters: SERVICE });
  return {
    title: `ext_authz ${title}`,
    yaml: yaml.replace("cluster: nodes", `cluster: nodes${node}`),
    tcp: authz.onSocket,
    observe:
      observe === undefined
        ? asking(authz, requests, calls ?? requests.length)
        : async (target) => ({ seen: await observe(target), asked: authz.asked() }),
    stats: [...STATS, ...CLUSTER_STATS],
    accessLog: { file: "access.log", lines: lines ?? requests.length },
  };
}

/** A GET by each of the clients, one after the other. */
async function eachClient({ port }: Target): Promise<number[]> {
  const statuses: number[] = [];
  for (const own of CLIENTS) {
    const identity = own === undefined ? {} : { cert: own.certificate, key: own.key };
    statuses.push(
      await new Promise<number>((resolve, reject) => {
        const socket = connect({
          port,
          host: "127.0.0.1",
          servername: "sni.test",
          ca: ca.certificate,
          checkServerIdentity: () => undefined,
          ...identity,
        });
        let text = "";
        socket.setEncoding("latin1");
        socket.on("data", (chunk: string) => {
          text += chunk;
        });
        socket.on("error", reject);
        socket.on("close", () => resolve(Number(text.slice(9, 12))));
        socket.write("GET /ok HTTP/1.1\r\nhost: example.test\r\nconnection: close\r\n\r\n");
      }),
    );
  }
  return statuses;
}

export const EXT_AUTHZ_CONTEXT_CASES: readonly ConformanceCase[] = [
  told("tells metadata of the request and of its route, and labels of the node", {
    filters: `${setMetadata("one", "{ a: 1, b: [x, { c: true }] }")}${setMetadata("two", "{ a: 2 }")}${filter(`metadata_context_namespaces: [one, none]
route_metadata_context_namespaces: [route, none]
route_typed_metadata_context_namespaces: [typed]
bootstrap_metadata_labels_key: labels`)}`,
    requests: [get("/ok", ["x-envoy-downstream-service-cluster", "caller"]), get("/direct/ok")],
    more: {
      routes: `- match: { prefix: /direct }
  direct_response: { status: 200 }
  metadata: { filter_metadata: { route: { direct: true } } }
- match: { prefix: / }
  route: { cluster: one }
  metadata: { filter_metadata: { route: { a: [1, null] }, other: { b: 1 } }, typed_filter_metadata: { typed: { "@type": type.googleapis.com/google.protobuf.StringValue, value: text } } }`,
    },
    node: ", metadata: { labels: { app: shop, number: 3 } }",
  }),
  told("tells a client's certificate, names and SNI", {
    filters: filter("include_peer_certificate: true\ninclude_tls_session: true"),
    yaml: (filters) =>
      listenersBootstrap({ main: { hcm: LOG, httpFilters: filters, transportSocket: TLS } }, "", SERVICE),
    observe: eachClient,
    lines: CLIENTS.length,
  }),
  told("is on for requests with some dynamic metadata alone", {
    filters: `${setMetadata("one", "{ asked: yes }")}${filter(
      `stat_prefix: "on"
filter_enabled_metadata: { filter: one, path: [{ key: asked }], value: { string_match: { exact: "yes" } } }`,
      "is-on",
    )}${filter(
      `stat_prefix: "off"
filter_enabled_metadata: { filter: one, path: [{ key: asked }], value: { string_match: { exact: "no" } } }`,
      "is-off",
    )}`.replaceAll("asked: yes", 'asked: "yes"'),
    requests: [get("/ok"), get("/denied")],
  }),
  told("notes a name in the filter state that is taken", {
    filters: `- name: state
  typed_config:
    "@type": ${TYPES}.set_filter_state.v3.Config
    on_request_headers: [{ object_key: authz, factory_key: envoy.string, format_string: { text_format_source: { inline_string: mine } } }]
${filter("emit_filter_state_stats: true")}`,
    requests: [get("/ok")],
    more: {
      hcm: `access_log: ${fileLog("%FILTER_STATE(authz:PLAIN)% %FILTER_STATE(authz:FIELD:bytesSent)%")}`,
    },
  }),
  told("takes a body that ends with its one frame", {
    filters: filter("with_request_body: { max_request_bytes: 4 }"),
    observe: (target) =>
      http2Exchange(target, {
        streams: [1, 3],
        send: (client) => {
          for (const [id, body] of [
            [1, "abcd"],
            [3, "abcdefgh"],
          ] as const) {
            client.request(id, "/ok", [], { method: "POST", endStream: false });
            client.data(id, body, true);
          }
        },
      }),
    lines: 2,
  }),
  told("asks before the filters behind it, and each with its own settings", {
    filters: `${filter("stat_prefix: first", "first")}${filter("stat_prefix: second\nfailure_mode_allow: true", "second")}`,
    requests: [get("/ok"), get("/denied"), get("/changed"), post("/error", "abc")],
    calls: 6,
  }),
  overridden(
    "asks another service on some routes",
    "grpc_service: { envoy_grpc: { cluster_name: authz }, timeout: 5s }",
    "",
  ),
  overridden(
    "asks another service on some routes, and tells it as much as its own",
    'http_service: { server_uri: { uri: "http://a", cluster: authz, timeout: 5s } }',
    "with_request_body: { max_request_bytes: 10 }\nallowed_headers: { patterns: [{ exact: x-a }] }",
  ),
];

/** Routes that ask a service by HTTP in place of the filter's, which is at the same port and does not understand. */
function overridden(title: string, own: string, more: string): ConformanceCase {
  const plain = plainAuthorizationService((message, response) => {
    if (message.url?.includes("denied") === true)
      response.writeHead(401, { "content-length": "2", "x-up": "1" }).end("no");
    else response.writeHead(200, { "content-length": "0", "x-up": "1" }).end();
  });
  return {
    title: `ext_authz ${title}`,
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: `- name: authz
  typed_config:
    "@type": ${TYPES}.ext_authz.v3.ExtAuthz
    ${own}
    ${more.replaceAll("\n", "\n    ")}
${ROUTER}`,
      routes: `- match: { prefix: /http }
  route: { cluster: one }
  typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { context_extensions: { a: b }, http_service: { path_prefix: /other, server_uri: { uri: "http://a", cluster: plain, timeout: 5s }, authorization_response: { allowed_upstream_headers: { patterns: [{ exact: x-up }] } } } } } }
- match: { prefix: /dead }
  route: { cluster: one }
  typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { grpc_service: { envoy_grpc: { cluster_name: dead } } } } }`,
      clusters: `${staticCluster("authz", ["{{dead}}"])}${staticCluster("plain", ["{{tcp}}"])}`,
    }),
    tcp: plain.onSocket,
    observe: asking(
      plain,
      [
        get("/http/ok", ["x-a", "1"], ["x-b", "2"]),
        post("/http/denied", "abc", ["x-a", "1"]),
        get("/dead/ok"),
      ],
      2,
    ),
    stats: [...STATS, ...CLUSTER_STATS],
    accessLog: { file: "access.log", lines: 3 },
  };
}
