import { writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect } from "node:tls";
import { type TestCertificate, TestCertificates, waitFor } from "@sluice/harness";
import { fileLog, indent } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { answeringFilter, inlineText, tlsCertificate, tlsListener } from "../downstream-tls.ts";
import { session } from "../tcp-session.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const exact = certificates.create("exact", { issuer: ca, names: "DNS:exact.test" });
const wild = certificates.create("wild", { issuer: ca, names: "DNS:*.wild.test" });
const rsa = certificates.create("rsa", { issuer: ca, names: "DNS:exact.test", rsa: true });
const rotated = certificates.create("rotated", { issuer: ca, names: "DNS:exact.test" });
const client = certificates.create("client", {
  issuer: ca,
  subject: "/C=US/O=Acme/CN=client",
  names: "URI:spiffe://acme/client,DNS:client.test",
});
const expired = certificates.create("expired-client", { issuer: ca, days: -1 });
const stranger = certificates.create("stranger", { names: "DNS:client.test" });

const trusted = `trusted_ca: ${inlineText(ca.certificate)}`;

const SHOWN = [
  "DOWNSTREAM_TLS_VERSION",
  "DOWNSTREAM_TLS_CIPHER",
  "REQUESTED_SERVER_NAME",
  "DOWNSTREAM_PEER_SUBJECT",
  "DOWNSTREAM_PEER_ISSUER",
  "DOWNSTREAM_PEER_SERIAL",
  "DOWNSTREAM_PEER_FINGERPRINT_256",
  "DOWNSTREAM_PEER_URI_SAN",
  "DOWNSTREAM_PEER_DNS_SAN",
  "DOWNSTREAM_PEER_CERT_V_END",
  "DOWNSTREAM_LOCAL_SUBJECT",
  "DOWNSTREAM_LOCAL_DNS_SAN",
];

/** The connections of a listener, those whose handshake failed included. */
const LOG = `access_log: ${fileLog("{{name}} %DOWNSTREAM_TRANSPORT_FAILURE_REASON% %CONNECTION_TERMINATION_DETAILS% %RESPONSE_FLAGS% %REQUESTED_SERVER_NAME%", "connections.log")}`;

function listener(name: string, context: string): string {
  const headers = SHOWN.map((operator): [string, string] => [
    `x-${operator.toLowerCase().replaceAll("_", "-")}`,
    `%${operator}%`,
  ]);
  const answer = answeringFilter(
    name,
    "status: 200, body: { inline_string: hello }",
    Object.fromEntries(headers),
  );
  return tlsListener(name, context, answer, {
    more: name === "secret" ? "" : LOG.replace("{{name}}", name),
    chain: "transport_socket_connect_timeout: 3s",
  });
}

const certificatesOf = (...list: TestCertificate[]): string =>
  `tls_certificates: [${list.map((one) => tlsCertificate(one)).join(", ")}]`;

const LISTENERS: Readonly<Record<string, string>> = {
  main: `common_tls_context: { ${certificatesOf(rsa, wild, exact)}, alpn_protocols: [h2, http/1.1] }`,
  scan: `full_scan_certs_on_sni_mismatch: true
common_tls_context: { ${certificatesOf(rsa, wild)} }`,
  old: `common_tls_context: { ${certificatesOf(exact)}, tls_params: { tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-ECDSA-AES256-GCM-SHA384] } }`,
  new: `common_tls_context: { ${certificatesOf(exact)}, tls_params: { tls_minimum_protocol_version: TLSv1_3 } }`,
  mutual: `require_client_certificate: true
common_tls_context: { ${certificatesOf(exact)}, validation_context: { ${trusted}, match_typed_subject_alt_names: [{ san_type: URI, matcher: { prefix: "spiffe://acme/" } }] } }`,
  optional: `common_tls_context: { ${certificatesOf(exact)}, validation_context: { ${trusted} } }`,
  unchecked: `require_client_certificate: true
common_tls_context: { ${certificatesOf(exact)}, validation_context: { trust_chain_verification: ACCEPT_UNTRUSTED } }`,
  secret: `common_tls_context:
  tls_certificate_sds_secret_configs:
    - name: server
      sds_config: { path_config_source: { path: "{{dir}}/sds.yaml" }, resource_api_version: V3 }`,
  fixed: `require_client_certificate: true
common_tls_context:
  tls_certificate_sds_secret_configs: [{ name: fixed }]
  combined_validation_context:
    default_validation_context: { match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: client.test } }] }
    validation_context_sds_secret_config: { name: trust }`,
};

interface Seen {
  readonly certificate: string;
  readonly alpn: string | false | null;
  readonly version: string | null;
  readonly answer: readonly string[];
}

/** A handshake with one request behind it; how a refusal is worded to the client is not compared. */
function shake(port: number, options: ConnectionOptions = {}): Promise<Seen | "refused"> {
  return new Promise((resolve) => {
    let seen: Omit<Seen, "answer"> | undefined;
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => {
      const { subject } = socket.getPeerCertificate();
      seen = { certificate: String(subject?.CN), alpn: socket.alpnProtocol, version: socket.getProtocol() };
      if (socket.alpnProtocol === "h2") socket.end();
      else socket.write("GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");
    });
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const lines = answer.split("\r\n").filter((line) => /^(HTTP|x-)/.test(line));
      const refused = seen === undefined || (seen.alpn !== "h2" && lines.length === 0);
      resolve(refused ? "refused" : ({ ...seen, answer: lines.sort() } as Seen));
    });
  });
}

const RSA_ONLY: ConnectionOptions = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" };
const as = ({ certificate, key }: TestCertificate): ConnectionOptions => ({ cert: certificate, key });

const SHAKES: readonly (readonly [listener: string, what: string, options: ConnectionOptions])[] = [
  ["main", "no SNI", {}],
  ["main", "exact SNI", { servername: "exact.test" }],
  ["main", "exact SNI, RSA only", { servername: "exact.test", ...RSA_ONLY }],
  ["main", "wildcard SNI", { servername: "a.wild.test" }],
  ["main", "two labels under a wildcard", { servername: "a.b.wild.test" }],
  ["main", "unknown SNI", { servername: "other.test" }],
  ["main", "SNI in capitals", { servername: "EXACT.test" }],
  ["main", "ALPN, the server's order", { ALPNProtocols: ["http/1.1", "h2"] }],
  ["main", "ALPN of HTTP/1.1", { ALPNProtocols: ["http/1.1"] }],
  ["main", "ALPN without overlap", { ALPNProtocols: ["foo"] }],
  ["scan", "unknown SNI", { servername: "other.test" }],
  ["scan", "unknown SNI, RSA only", { servername: "other.test", ...RSA_ONLY }],
  ["old", "any version", {}],
  ["old", "TLS 1.3 only", { minVersion: "TLSv1.3" }],
  ["old", "another cipher", { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
  ["new", "TLS 1.2 only", { maxVersion: "TLSv1.2" }],
  ["new", "any version", { ciphers: "TLS_AES_128_GCM_SHA256" }],
  ["mutual", "a good certificate", { ...as(client), maxVersion: "TLSv1.2" }],
  ["mutual", "none", {}],
  ["mutual", "expired", as(expired)],
  ["mutual", "of a stranger", as(stranger)],
  ["mutual", "another name", as(exact)],
  ["optional", "a good certificate", { ...as(client), maxVersion: "TLSv1.2" }],
  ["optional", "none", { maxVersion: "TLSv1.2" }],
  ["optional", "of a stranger", as(stranger)],
  ["unchecked", "of a stranger", { ...as(stranger), maxVersion: "TLSv1.2" }],
  ["unchecked", "none", { maxVersion: "TLSv1.2" }],
  ["secret", "from a file", {}],
  ["fixed", "static secrets", { ...as(client), maxVersion: "TLSv1.2" }],
  ["fixed", "another name", as(exact)],
];

const secretFile = (one: TestCertificate): string => `version_info: "1"
resources:
  - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
    name: server
    tls_certificate: ${tlsCertificate(one)}
`;

async function observe({ proxy }: Target): Promise<unknown> {
  const seen: Record<string, unknown> = {};
  for (const [name, what, options] of SHAKES)
    seen[`${name}: ${what}`] = await shake(await proxy.listenerPort(name), options);
  const main = await proxy.listenerPort("main");
  for (const part of [{ send: "GET / HTTP/1.1\r\n\r\n" }, { end: true }, { waitMs: 6_000 }])
    seen[`main: ${JSON.stringify(part)}`] = (await session(main, part)).received === "";
  writeFileSync(join(proxy.dir, "next.yaml"), secretFile(rotated));
  await rename(join(proxy.dir, "next.yaml"), join(proxy.dir, "sds.yaml"));
  const port = await proxy.listenerPort("secret");
  await waitFor("the new certificate", async () => {
    const now = await shake(port);
    return now !== "refused" && now.certificate === "rotated";
  });
  return seen;
}

const STATS = [
  "handshake",
  "connection_error",
  "no_certificate",
  "fail_verify_no_cert",
  "fail_verify_error",
  "fail_verify_san",
];

export const DOWNSTREAM_TLS_CASES: readonly ConformanceCase[] = [
  {
    title: "downstream TLS picks certificates, protocols and versions, and judges clients",
    files: { "sds.yaml": secretFile(exact) },
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  secrets:
    - { name: fixed, tls_certificate: ${tlsCertificate(exact)} }
    - { name: trust, validation_context: { ${trusted} } }
  listeners:
${Object.entries(LISTENERS)
  .map(([name, context]) => indent(listener(name, context), 4))
  .join("\n")}
`,
    observe,
    accessLog: {
      file: "connections.log",
      lines: SHAKES.filter(([name]) => name !== "secret").length + 3,
    },
    stats: Object.keys(LISTENERS)
      .filter((name) => name !== "secret")
      .flatMap((name) => STATS.map((stat) => `listener.${name}.ssl.${stat}`)),
  },
];
