import { createSecureContext, createServer } from "node:tls";
import { connectRaw, type TestCertificate, TestCertificates } from "@sluice/harness";
import { EXPLICIT_HTTP1, fileLog, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const other = certificates.create("other-ca", { ca: true });
const intermediate = certificates.create("intermediate", { ca: true, issuer: ca });
const client = certificates.create("client", { issuer: ca, names: "URI:spiffe://client" });

const SERVERS: Readonly<Record<string, TestCertificate>> = {
  good: certificates.create("good", {
    issuer: ca,
    names: "DNS:good.test,DNS:*.wild.test,URI:spiffe://good,IP:127.0.0.1,email:a@b.test",
  }),
  expired: certificates.create("expired", { issuer: ca, names: "DNS:expired.test", days: -1 }),
  untrusted: certificates.create("untrusted", { issuer: other, names: "DNS:untrusted.test" }),
  self: certificates.create("self", { names: "DNS:self.test" }),
  rsa: certificates.create("rsa", { issuer: ca, names: "DNS:rsa.test", rsa: true }),
  deep: certificates.create("deep", { issuer: intermediate, names: "DNS:deep.test" }),
};

/** One server: SNI picks the certificate, and `old`/`new` the versions; it tells what it saw of the client. */
const contextOf = (name: string) => {
  const chosen = SERVERS[name] ?? SERVERS.good;
  const chain = (chosen?.certificate ?? "") + (name === "deep" ? intermediate.certificate : "");
  return createSecureContext({
    cert: chain,
    key: chosen?.key ?? "",
    ...(name === "mutual" ? { ca: ca.certificate } : {}),
    ...(name === "new" ? { minVersion: "TLSv1.3" } : {}),
  });
};
const server = createServer(
  {
    cert: SERVERS.good?.certificate,
    key: SERVERS.good?.key,
    ALPNProtocols: ["http/1.1"],
    requestCert: true,
    rejectUnauthorized: false,
    SNICallback: (name, done) => done(null, contextOf(name.split(".")[0] ?? "")),
  },
  (socket) => {
    const { subject } = socket.getPeerCertificate();
    const seen = [socket.getProtocol(), socket.alpnProtocol, socket.servername, subject?.CN ?? "-"].join(" ");
    socket.once("data", () => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${seen.length}\r\nconnection: close\r\n\r\n${seen}`);
    });
    socket.on("error", () => {});
  },
);
server.on("tlsClientError", () => {});

function inline(pem: string): string {
  return JSON.stringify(pem);
}

interface Wish {
  readonly sni?: string;
  readonly validation?: string;
  readonly common?: string;
  readonly more?: string;
}

function tls({ sni = "good.test", validation = "", common = "", more = "" }: Wish): string {
  return `transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: ${sni}
    ${more}
    common_tls_context:
      ${common}
      validation_context: { trusted_ca: { inline_string: ${inline(ca.certificate)} }${validation} }`;
}

const san = (type: string, matcher: string): string =>
  `, match_typed_subject_alt_names: [{ san_type: ${type}, matcher: { ${matcher} } }]`;

const CLUSTERS: Readonly<Record<string, string>> = {
  good: tls({}),
  none: `transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext } }`,
  expired: tls({ sni: "expired.test" }),
  "expired-allowed": tls({ sni: "expired.test", validation: ", allow_expired_certificate: true" }),
  untrusted: tls({ sni: "untrusted.test" }),
  "untrusted-accepted": tls({
    sni: "untrusted.test",
    validation: ", trust_chain_verification: ACCEPT_UNTRUSTED",
  }),
  self: tls({ sni: "self.test" }),
  deep: tls({ sni: "deep.test" }),
  "deep-limited": tls({ sni: "deep.test", validation: ", max_verify_depth: 0" }),
  "san-dns": tls({ validation: san("DNS", "exact: GOOD.test") }),
  "san-wild": tls({ validation: san("DNS", "exact: a.wild.test") }),
  "san-uri": tls({ validation: san("URI", "prefix: spiffe://") }),
  "san-ip": tls({ validation: san("IP_ADDRESS", "exact: 127.0.0.1") }),
  "san-email": tls({ validation: san("EMAIL", "suffix: b.test") }),
  "san-wrong": tls({ validation: san("DNS", "exact: other.test") }),
  hash: tls({ validation: `, verify_certificate_hash: ["${"00".repeat(32)}"]` }),
  "auto-san": tls({ sni: "rsa.test", more: "auto_sni_san_validation: true" }),
  "auto-san-wrong": tls({ sni: "elsewhere.test", more: "auto_sni_san_validation: true" }),
  "new-default": tls({ sni: "new.test" }),
  "new-allowed": tls({ sni: "new.test", common: "tls_params: { tls_maximum_protocol_version: TLSv1_3 }" }),
  alpn: tls({ common: `alpn_protocols: [foo, http/1.1]` }),
  client: tls({
    common: `tls_certificates: [{ certificate_chain: { inline_string: ${inline(client.certificate)} }, private_key: { inline_string: ${inline(client.key)} } }]`,
  }),
};

const naming = (more: string): string =>
  `${httpOptions(`${EXPLICIT_HTTP1}\nupstream_http_protocol_options: { ${more} }`)}\n`;

const AUTO: Readonly<Record<string, string>> = {
  auto: naming("auto_sni: true") + tls({}),
  both: naming("auto_sni: true, auto_san_validation: true") + tls({}),
  header: naming("auto_sni: true, auto_san_validation: true, override_auto_sni_header: X-Name") + tls({}),
};
const HOSTS = ["good.test", "rsa.test:8443", "127.0.0.1", "nowhere.test"];

/** The PROXY header as hexadecimal text, then the request is answered. */
const proxied = (version: string, more = ""): string => `transport_socket:
  name: proxied
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
    config: { version: ${version}${more} }
    transport_socket: { name: raw, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }
`;

/** The PROXY header that a connection begins with, without its ports, which differ from run to run. */
function headOf(chunk: Buffer): string {
  const text = chunk.toString("latin1");
  const head = text.startsWith("PROXY")
    ? text.slice(0, text.indexOf("\r\n"))
    : chunk.subarray(0, 16 + chunk.readUInt16BE(14)).toString("hex");
  return head.replace(/ \d+ \d+$/, "").replace(/^(0d0a0d0a000d0a515549540a2111.{20}).{8}/, "$1");
}

const NAMES = Object.keys(CLUSTERS);

const PASSING_FILTER = `listener_filters: [{ name: proxy, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, allow_requests_without_proxy_protocol: true, pass_through_tlvs: { match_type: INCLUDE, tlv_type: [225, 226, 227] } } }]`;
const PASSES: Readonly<Record<string, string>> = {
  none: "",
  all: ", pass_through_tlvs: { match_type: INCLUDE_ALL }",
  some: ", pass_through_tlvs: { match_type: INCLUDE, tlv_type: [226, 228] }",
  both: ', pass_through_tlvs: { match_type: INCLUDE_ALL }, added_tlvs: [{ type: 226, value: "b3du" }, { type: 240, value: "b3du" }]',
};
const MERGES: Readonly<Record<string, string>> = {
  usual: "",
  over: ", proxy_protocol_tlv_merge_policy: OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD",
  append: ", proxy_protocol_tlv_merge_policy: APPEND_IF_EXISTS_OR_ADD",
};
const CLIENT_TLVS = [225, 226, 227, 228]
  .map((type) => `${String.fromCharCode(type)}\0\x02t${type % 10}`)
  .join("");
/** Of a client at 1.2.3.4:111 that connected to 5.6.7.8:222. */
const CLIENT_HEADER = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0${String.fromCharCode(12 + CLIENT_TLVS.length)}\x01\x02\x03\x04\x05\x06\x07\x08\0\x6f\0\xde${CLIENT_TLVS}`;

/** \`type=value\` for each TLV of a header of version 2 with IPv4 addresses. */
function tlvsOf(header: Buffer): string {
  const found: string[] = [];
  for (let at = 28; at + 3 <= header.length; ) {
    const length = header.readUInt16BE(at + 1);
    found.push(`${header[at]}=${header.toString("latin1", at + 3, at + 3 + length)}`);
    at += 3 + length;
  }
  return found.join(" ");
}

export const UPSTREAM_TLS_CASES: readonly ConformanceCase[] = [
  {
    title: "upstream TLS verifies certificates by chain, names and hashes, and says why it refuses one",
    tcp: (socket) => server.emit("connection", socket),
    yaml: httpBootstrap({
      routes: NAMES.map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`).join(
        "\n",
      ),
      clusters: NAMES.map((name) => staticCluster(name, ["{{tcp}}"], CLUSTERS[name])).join(""),
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TLS_GROUP% %UPSTREAM_TRANSPORT_FAILURE_REASON%")}`,
    }),
    // Twice: no session may be resumed with a server that was refused.
    requests: [...NAMES, ...NAMES].map((name) => ({ path: `/${name}` })),
    accessLog: { file: "access.log", lines: 2 * NAMES.length },
    stats: [
      ...NAMES.flatMap((name) =>
        [
          "connection_error",
          "handshake",
          "fail_verify_error",
          "fail_verify_san",
          "fail_verify_cert_hash",
          "no_certificate",
        ].map((stat) => `cluster.${name}.ssl.${stat}`),
      ),
      ...NAMES.map((name) => `cluster.${name}.upstream_cx_connect_fail`),
      "cluster.good.ssl.versions.TLSv1.2",
      "cluster.good.ssl.ciphers.ECDHE-ECDSA-AES128-GCM-SHA256",
      "cluster.good.ssl.curves.X25519",
    ],
  },
  {
    title: "auto_sni and auto_san_validation follow the request's host or another header",
    tcp: (socket) => server.emit("connection", socket),
    yaml: httpBootstrap({
      routes: Object.keys(AUTO)
        .map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`)
        .join("\n"),
      clusters: Object.entries(AUTO)
        .map(([name, more]) => staticCluster(name, ["{{tcp}}"], more))
        .join(""),
    }),
    requests: Object.keys(AUTO).flatMap((name) =>
      HOSTS.map((host) => ({
        path: `/${name}`,
        headers: name === "header" ? [["x-name", host] as const] : [["host", host] as const],
      })),
    ),
  },
  {
    title: "filter state names the server, the protocols and the names to verify of an upstream connection",
    tcp: (socket) => server.emit("connection", socket),
    yaml: httpBootstrap({
      httpFilters: `
- name: state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
    on_request_headers:
${["upstream_server_name", "application_protocols", "upstream_subject_alt_names"]
  .map(
    (key) =>
      `      - { object_key: envoy.network.${key}, skip_if_empty: true, format_string: { text_format_source: { inline_string: "%REQ(x-${key})%" }, omit_empty_values: true } }`,
  )
  .join("\n")}
- { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }`,
      routes: ["good", "auto", "alpn", "one"]
        .map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`)
        .join("\n"),
      clusters: [
        staticCluster("good", ["{{tcp}}"], CLUSTERS.good),
        staticCluster("auto", ["{{tcp}}"], AUTO.auto),
        staticCluster("alpn", ["{{tcp}}"], CLUSTERS.alpn),
      ].join(""),
    }),
    requests: [
      { path: "/good", headers: [["x-upstream_server_name", "rsa.test"]] },
      { path: "/good", headers: [["x-application_protocols", "nothing,http/1.1"]] },
      { path: "/alpn", headers: [["x-application_protocols", "http/1.1"]] },
      { path: "/good", headers: [["x-upstream_subject_alt_names", "other.test"]] },
      {
        path: "/auto",
        headers: [
          ["host", "good.test"],
          ["x-upstream_subject_alt_names", "other.test,good.test"],
        ],
      },
      {
        path: "/auto",
        headers: [
          ["host", "good.test"],
          ["x-upstream_server_name", "rsa.test"],
        ],
      },
      { path: "/one", headers: [["x-upstream_server_name", "a"]] },
      { path: "/one", headers: [["x-upstream_server_name", "b"]] },
    ],
    stats: ["cluster.one.upstream_cx_total"],
  },
  {
    title: "the PROXY protocol goes before everything else on an upstream connection",
    tcp: (socket) => {
      socket.once("data", (chunk: Buffer) => {
        const seen = headOf(chunk);
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${seen.length}\r\nconnection: close\r\n\r\n${seen}`);
      });
    },
    yaml: httpBootstrap({
      routes: ["v1", "v2"]
        .map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`)
        .join("\n"),
      clusters:
        staticCluster("v1", ["{{tcp}}"], proxied("V1")) +
        staticCluster("v2", ["{{tcp}}"], proxied("V2", ', added_tlvs: [{ type: 224, value: "aGVsbG8=" }]')),
      bootstrap: "",
    }).replace(
      "  clusters:",
      `${["v1", "v2"]
        .map(
          (name) => `    - name: tcp-${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains: [{ filters: [{ name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: ${name} } }] }]
`,
        )
        .join("")}  clusters:`,
    ),
    requests: ["v1", "v2"].map((name) => ({ path: `/${name}` })),
    observe: async ({ proxy }) => {
      const seen: string[] = [];
      for (const name of ["tcp-v1", "tcp-v2"]) {
        const connection = await connectRaw(await proxy.listenerPort(name));
        connection.write("GET / HTTP/1.1\r\n\r\n");
        seen.push((await connection.response()).body.toString());
        connection.destroy();
      }
      return seen;
    },
  },
  {
    title: "an upstream is told of the client by the PROXY protocol only where a listener filter knows it",
    tcp: (socket) => {
      socket.once("data", (chunk: Buffer) => {
        const seen = headOf(chunk);
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${seen.length}\r\nconnection: close\r\n\r\n${seen}`);
      });
    },
    yaml: httpBootstrap({
      hcm: "add_proxy_protocol_connection_state: false",
      routes: ["v1", "v2"]
        .map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`)
        .join("\n"),
      clusters:
        staticCluster("v1", ["{{tcp}}"], proxied("V1")) + staticCluster("v2", ["{{tcp}}"], proxied("V2")),
      listener: PASSING_FILTER,
    }),
    observe: async ({ proxy }) => {
      const seen: string[] = [];
      for (const name of ["v1", "v2"]) {
        for (const header of ["", CLIENT_HEADER]) {
          const connection = await connectRaw(await proxy.listenerPort("main"));
          connection.write(Buffer.from(`${header}GET /${name} HTTP/1.1\r\nhost: a\r\n\r\n`, "latin1"));
          seen.push((await connection.response()).body.toString());
          connection.destroy();
        }
      }
      return seen;
    },
  },
  {
    title: "TLVs of a client's PROXY header, and those that are added, go on to the upstream",
    tcp: (socket) => {
      socket.once("data", (chunk: Buffer) => {
        const seen = tlvsOf(chunk.subarray(0, 16 + chunk.readUInt16BE(14)));
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${seen.length}\r\nconnection: close\r\n\r\n${seen}`);
      });
    },
    yaml: httpBootstrap({
      clusters: Object.entries(PASSES)
        .map(([name, more]) => staticCluster(name, ["{{tcp}}"], proxied("V2", more)))
        .join(""),
      routes: Object.keys(PASSES)
        .map((name) => `- { match: { path: "/${name}" }, route: { cluster: ${name} } }`)
        .join("\n"),
      listener: PASSING_FILTER,
    }).replace(
      "  clusters:",
      `${Object.entries(MERGES)
        .map(
          ([name, more]) => `    - name: ${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      ${PASSING_FILTER}
      filter_chains: [{ filters: [{ name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: all, proxy_protocol_tlvs: [{ type: 225, value: "YWRkZWQ=" }, { type: 230, value: "bmV3" }, { type: 231, format_string: { text_format_source: { inline_string: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%/%UPSTREAM_CLUSTER%/%REQ(x)%" } } }]${more} } }] }]
`,
        )
        .join("")}  clusters:`,
    ),
    observe: async ({ proxy, port }) => {
      const seen: Record<string, string> = {};
      const ask = async (to: number, path: string, header: string): Promise<string> => {
        const connection = await connectRaw(to);
        connection.write(
          Buffer.concat([
            Buffer.from(header, "latin1"),
            Buffer.from(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`),
          ]),
        );
        const { body } = await connection.response();
        connection.destroy();
        return body.toString();
      };
      for (const name of Object.keys(PASSES)) {
        seen[name] = await ask(port, `/${name}`, CLIENT_HEADER);
        seen[`${name} without`] = await ask(port, `/${name}`, "");
      }
      for (const name of Object.keys(MERGES)) {
        const to = await proxy.listenerPort(name);
        seen[name] = await ask(to, "/", CLIENT_HEADER);
        seen[`${name} without`] = await ask(to, "/", "");
      }
      return seen;
    },
  },
];
