import { connect, type TLSSocket } from "node:tls";
import { type RunningProxy, TestCertificates } from "@sluice/harness";
import { indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { discovered, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const certificates = TestCertificates.ofProcess();
const ca1 = certificates.create("ca1", { ca: true });
const ca2 = certificates.create("ca2", { ca: true });
const one = certificates.create("one", { issuer: ca1, names: "DNS:one" });
const two = certificates.create("two", { issuer: ca2, names: "DNS:two" });
const client = certificates.create("client", { issuer: ca1 });

const pem = (text: string): string => JSON.stringify(text);
const secret = (version: string, ...secrets: string[]): string =>
  discovered(version, "envoy.extensions.transport_sockets.tls.v3.Secret", secrets);
const pair = (of: { certificate: string; key: string }, key = of.key): string =>
  `name: server, tls_certificate: { certificate_chain: { inline_string: ${pem(of.certificate)} }, private_key: { inline_string: ${pem(key)} } }`;
const trust = (of: { certificate: string }): string =>
  `name: trust, validation_context: { trusted_ca: { inline_string: ${pem(of.certificate)} } }`;
const tickets = (octet: number): string =>
  `name: tickets, session_ticket_keys: { keys: [{ inline_bytes: "${Buffer.alloc(80, octet).toString("base64")}" }] }`;

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
const listener = (name: string, context: string): string => `
- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
  - transport_socket: { name: tls, typed_config: { "@type": ${TLS}.DownstreamTlsContext, ${context} } }
    filters:
    - name: hcm
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: ${name}
        route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 204 } }] }] }
        http_filters: [{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]
`;
const sds = (name: string, more = ""): string =>
  `{ name: ${name}, sds_config: ${fileSource(`${name}.yaml`).replace("resource_api", `${more}resource_api`)} }`;

interface Asked {
  readonly session?: Buffer | undefined;
  readonly version?: "TLSv1.2" | "TLSv1.3";
  readonly withClient?: boolean;
}

/** One request; what the handshake showed. */
function ask(
  port: number,
  { session, version = "TLSv1.3", withClient = false }: Asked = {},
): Promise<{ socket: TLSSocket; seen: unknown; session: Buffer | undefined }> {
  return new Promise((resolve) => {
    let ticket: Buffer | undefined;
    const socket = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ...(session === undefined ? {} : { session }),
      ...(withClient ? { cert: client.certificate, key: client.key } : {}),
    });
    socket.on("session", (s: Buffer) => {
      ticket = s;
    });
    socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
    socket.on("data", (d: Buffer) =>
      resolve({
        socket,
        seen: [
          socket.getPeerCertificate().subject?.CN ?? "-",
          socket.isSessionReused(),
          d.toString().split(" ")[1],
        ],
        session: ticket,
      }),
    );
    socket.on("error", () => resolve({ socket, seen: "refused", session: undefined }));
    socket.on("close", () => resolve({ socket, seen: "refused", session: undefined }));
  });
}

async function again(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.removeAllListeners("data");
    socket.once("data", (d: Buffer) => resolve(d.toString().split(" ")[1] ?? ""));
    socket.once("close", () => resolve("closed"));
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  });
}
const upd = async (
  proxy: RunningProxy,
  name: string,
  text: string,
  stat: "update_success" | "update_rejected",
): Promise<void> => {
  const full = `${PREFIX[name]}.${stat}`;
  const before = (await proxy.stats(full)).get(full) ?? 0;
  await replaceFile(proxy, `${name}.yaml`, text);
  await untilStat(proxy, full, before + 1);
};
const PREFIX: Record<string, string> = { server: "sds.server", trust: "sds.trust", tickets: "sds.tickets" };

export const SECRET_ROTATION_CASES: readonly ConformanceCase[] = [
  {
    title:
      "certificates, trust and ticket keys from files change for handshakes that follow, and what is refused changes nothing",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listener("main", `common_tls_context: { tls_certificate_sds_secret_configs: [${sds("server")}], validation_context_sds_secret_config: ${sds("trust")} }, session_ticket_keys_sds_secret_config: ${sds("tickets")}`), 2)}
`,
    files: {
      "server.yaml": secret("1", pair(one)),
      "trust.yaml": secret("1", trust(ca1)),
      "tickets.yaml": secret("1", tickets(1)),
    },
    observe: async ({ proxy, port }) => {
      const seen: Record<string, unknown> = {};
      const first = await ask(port);
      const first12 = await ask(port, { version: "TLSv1.2" });
      seen.first = [first.seen, first12.seen, (await ask(port, { withClient: true })).seen];
      seen.resumed = [
        (await ask(port, { session: first.session })).seen,
        (await ask(port, { session: first12.session, version: "TLSv1.2" })).seen,
      ];
      await upd(proxy, "tickets", secret("2", tickets(2)), "update_success");
      const t2 = await ask(port);
      seen.tickets = [
        (await ask(port, { session: first.session })).seen,
        (await ask(port, { session: first12.session, version: "TLSv1.2" })).seen,
        (await ask(port, { session: t2.session })).seen,
      ];
      await upd(
        proxy,
        "tickets",
        secret("3", "name: tickets, session_ticket_keys: { keys: [{ inline_string: short }] }"),
        "update_rejected",
      );
      seen.brokenTickets = (await ask(port, { session: t2.session })).seen;
      await upd(proxy, "server", secret("2", pair(one, two.key)), "update_rejected");
      seen.mismatch = (await ask(port)).seen;
      await upd(
        proxy,
        "server",
        secret(
          "3",
          "name: server, tls_certificate: { certificate_chain: { inline_string: broken }, private_key: { inline_string: broken } }",
        ),
        "update_rejected",
      );
      seen.broken = (await ask(port)).seen;
      await upd(proxy, "server", secret("4", pair(two)), "update_success");
      seen.second = [
        (await ask(port)).seen,
        (await ask(port, { session: t2.session })).seen,
        await again(first.socket),
        await again(first12.socket),
      ];
      await upd(proxy, "trust", secret("2", trust(ca2)), "update_success");
      const c = await ask(port, { withClient: true });
      seen.trust = [c.seen, (await ask(port)).seen];
      await upd(
        proxy,
        "trust",
        secret("3", "name: trust, validation_context: { trusted_ca: { inline_string: broken } }"),
        "update_rejected",
      );
      seen.brokenTrust = (await ask(port, { withClient: true })).seen;
      await upd(proxy, "trust", secret("4", trust(ca1)), "update_success");
      seen.trustAgain = (await ask(port, { withClient: true })).seen;
      first.socket.destroy();
      return seen;
    },
    stats: [
      ...["server", "trust", "tickets"].flatMap((n) =>
        ["update_success", "update_rejected", "update_failure", "update_attempt", "key_rotation_failed"].map(
          (s) => `sds.${n}.${s}`,
        ),
      ),
      "listener.127.0.0.1_0.ssl.connection_error",
      "listener.127.0.0.1_0.ssl.session_reused",
      "listener.127.0.0.1_0.ssl.fail_verify_error",
      "listener.127.0.0.1_0.ssl.handshake",
      "listener.127.0.0.1_0.server_ssl_socket_factory.ssl_context_update_by_sds",
    ],
  },
  {
    title: "a secret that its file does not hold is not waited for, and one that comes is used",
    yaml: `
node: { id: node, cluster: nodes }
dynamic_resources: { lds_config: ${fileSource("lds.yaml")} }
static_resources:
  listeners:
${indent(listener("main", `common_tls_context: { tls_certificate_sds_secret_configs: [${sds("other", "initial_fetch_timeout: 0.3s, ")}] }`), 2)}
`,
    files: {
      "other.yaml": secret("1", pair(one).replace("name: server", "name: nobody")),
      "server.yaml": secret("1", pair(one).replace("name: server", "name: nobody")),
      "lds.yaml": discovered("1", "envoy.config.listener.v3.Listener", []),
    },
    observe: async ({ proxy, port }) => {
      const seen: Record<string, unknown> = {};
      seen.none = (await ask(port)).seen;
      await replaceFile(proxy, "other.yaml", secret("2", pair(one).replace("name: server", "name: other")));
      await untilStat(proxy, "sds.other.update_success", 1);
      seen.there = (await ask(port)).seen;
      const dynamic = JSON.stringify({
        resources: [
          {
            "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
            name: "dyn",
            address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
            filter_chains: [
              {
                transport_socket: {
                  name: "tls",
                  typed_config: {
                    "@type": `${TLS}.DownstreamTlsContext`,
                    common_tls_context: {
                      tls_certificate_sds_secret_configs: [
                        {
                          name: "server",
                          sds_config: {
                            path_config_source: { path: "{{dir}}/server.yaml" },
                            resource_api_version: "V3",
                            initial_fetch_timeout: "0s",
                          },
                        },
                      ],
                    },
                  },
                },
                filters: [
                  {
                    name: "echo",
                    typed_config: {
                      "@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo",
                    },
                  },
                ],
              },
            ],
          },
        ],
      });
      await replaceFile(proxy, "lds.yaml", dynamic);
      await untilStat(proxy, "listener_manager.listener_added", 2);
      await untilStat(proxy, "listener_manager.total_listeners_active", 2);
      seen.warming = [...(await proxy.stats("listener_manager.total|sds.server"))].sort();
      await replaceFile(proxy, "server.yaml", secret("2", pair(two)));
      await untilStat(proxy, "sds.server.update_success", 1);
      seen.active = [...(await proxy.stats("listener_manager.total|sds.server.*success"))].sort();
      return seen;
    },
    stats: [
      "listener.127.0.0.1_0.server_ssl_socket_factory.downstream_context_secrets_not_ready",
      "sds.other.init_fetch_timeout",
      "sds.other.update_attempt",
      "sds.other.update_success",
      "sds.other.update_rejected",
    ],
  },
  {
    title: "each use of a secret is counted when the secret comes, the first time, too",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listener("main", `common_tls_context: { tls_certificate_sds_secret_configs: [${sds("server")}], validation_context_sds_secret_config: ${sds("trust")} }`).replace("- name: main", "- name: main\n  stat_prefix: main"), 2)}
${indent(listener("other", `common_tls_context: { tls_certificate_sds_secret_configs: [${sds("server")}] }`).replace("- name: other", "- name: other\n  stat_prefix: other"), 2)}
  clusters:
${indent(
  ["used", "unused"]
    .map((name) =>
      staticCluster(
        name,
        ["1"],
        `transport_socket: { name: tls, typed_config: { "@type": ${TLS}.UpstreamTlsContext, common_tls_context: { tls_certificate_sds_secret_configs: [${sds("server")}], combined_validation_context: { default_validation_context: {}, validation_context_sds_secret_config: ${sds("trust")} } } } }`,
      ),
    )
    .join(""),
  4,
)}
`,
    files: { "server.yaml": secret("1", pair(one)), "trust.yaml": secret("1", trust(ca1)) },
    concurrency: 2,
    observe: async ({ proxy }) => {
      const counts = async (): Promise<unknown> =>
        [...(await proxy.stats("ssl_context_update_by_sds"))].sort();
      const steps = [await counts()];
      await upd(proxy, "server", secret("2", pair(two)), "update_success");
      await upd(proxy, "trust", secret("2", trust(ca2)), "update_success");
      await upd(proxy, "server", secret("3", pair(one, two.key)), "update_rejected");
      return [...steps, await counts()];
    },
    stats: ["main", "other"]
      .map((name) => `listener.${name}.server_ssl_socket_factory.ssl_context_update_by_sds`)
      .concat(
        ["used", "unused"].map(
          (name) => `cluster.${name}.client_ssl_socket_factory.ssl_context_update_by_sds`,
        ),
      ),
  },
];
