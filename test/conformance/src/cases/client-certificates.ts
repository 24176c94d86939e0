import { connect } from "node:tls";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { downstreamTls, inlineText, tlsCertificate } from "../downstream-tls.ts";
import { type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("xfcc-ca", { ca: true, subject: "/CN=Test CA/O=Test" });
const server = certificates.create("xfcc-server", {
  issuer: ca,
  names: "DNS:server.test,URI:spiffe://server/one,URI:spiffe://server/two",
});
const between = certificates.create("xfcc-between", { issuer: ca, ca: true });
const far = certificates.create("xfcc-far", { issuer: between });
const CLIENTS: Readonly<Record<string, TestCertificate | undefined>> = {
  none: undefined,
  full: certificates.create("xfcc-full", {
    issuer: ca,
    subject: '/C=US/O=Te"st, Inc/OU=a;b/CN=client',
    names: "URI:spiffe://client/a,URI:spiffe://client/b,DNS:c1.test,DNS:c2.test,IP:10.0.0.1,email:a@b.test",
  }),
  bare: certificates.create("xfcc-bare", { issuer: ca }),
  far: { ...far, certificate: far.certificate + between.certificate },
};

const OPERATORS = [
  "DOWNSTREAM_TLS_VERSION",
  "DOWNSTREAM_PEER_SUBJECT",
  "DOWNSTREAM_PEER_ISSUER",
  "DOWNSTREAM_PEER_SERIAL",
  "DOWNSTREAM_PEER_FINGERPRINT_256",
  "DOWNSTREAM_PEER_FINGERPRINT_1",
  "DOWNSTREAM_PEER_CERT",
  "DOWNSTREAM_PEER_CERT_V_START",
  "DOWNSTREAM_PEER_CERT_V_END",
  "DOWNSTREAM_PEER_CERT_V_START(%b %e %Y)",
  "DOWNSTREAM_PEER_URI_SAN",
  "DOWNSTREAM_PEER_DNS_SAN",
  "DOWNSTREAM_PEER_IP_SAN",
  "DOWNSTREAM_PEER_EMAIL_SAN",
  "DOWNSTREAM_PEER_OTHERNAME_SAN",
  "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256",
  "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1",
  "DOWNSTREAM_PEER_CHAIN_SERIALS",
  "DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256",
  "DOWNSTREAM_PEER_ISSUER_SERIAL",
  "DOWNSTREAM_LOCAL_OTHERNAME_SAN",
  "DOWNSTREAM_LOCAL_SUBJECT",
  "DOWNSTREAM_LOCAL_URI_SAN",
  "DOWNSTREAM_LOCAL_DNS_SAN",
  ...[
    "mtls",
    "requested_server_name",
    "tls_version",
    "subject_local_certificate",
    "subject_peer_certificate",
    "uri_san_local_certificate",
    "uri_san_peer_certificate",
    "dns_san_local_certificate",
    "dns_san_peer_certificate",
    "sha256_peer_certificate_digest",
    "peer_certificate",
  ].map((attribute) => `CEL(connection.${attribute})`),
];

const LOG = `access_log:
  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { json_format: { ${OPERATORS.map((name) => `"${name}": "%${name}%"`).join(", ")} } }
use_remote_address: true`;

const TLS = downstreamTls(`common_tls_context:
  tls_certificates: [${tlsCertificate(server)}]
  validation_context: { trusted_ca: ${inlineText(ca.certificate)} }`);

const ALL =
  "set_current_client_cert_details: { subject: true, cert: true, chain: true, dns: true, uri: true }";
const MODES: Readonly<Record<string, string>> = {
  main: "",
  forward_only: "forward_client_cert_details: FORWARD_ONLY",
  append: `forward_client_cert_details: APPEND_FORWARD\n${ALL}`,
  set: `forward_client_cert_details: SANITIZE_SET\n${ALL}`,
  set_subject:
    "forward_client_cert_details: SANITIZE_SET\nset_current_client_cert_details: { subject: true }",
  set_uri:
    "forward_client_cert_details: SANITIZE_SET\nset_current_client_cert_details: { uri: true, dns: true }",
  set_issuer: "forward_client_cert_details: SANITIZE_SET\nset_current_client_cert_details: { issuer: true }",
  set_nothing: "forward_client_cert_details: SANITIZE_SET",
  set_all: `forward_client_cert_details: SANITIZE_SET\n${ALL.replace("uri: true", "uri: true, issuer: true")}`,
  json: `forward_client_cert_details: SANITIZE_SET\n${ALL.replace("uri: true", "uri: true, issuer: true, format: JSON")}`,
  json_bare:
    "forward_client_cert_details: SANITIZE_SET\nset_current_client_cert_details: { format: JSON, issuer: true }",
  json_append: `forward_client_cert_details: APPEND_FORWARD\nset_current_client_cert_details: { uri: true, format: JSON }`,
  text_append: `forward_client_cert_details: APPEND_FORWARD\nset_current_client_cert_details: { uri: true }`,
  matched: `forward_client_cert_details: ALWAYS_FORWARD_ONLY
forward_client_cert_matcher:
  matcher_list:
    matchers:
      - predicate:
          single_predicate:
            input: { name: path, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: ":path" } }
            value_match: { suffix: full }
        on_match:
          action:
            name: set
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig
              forward_client_cert_details: SANITIZE_SET
              set_current_client_cert_details: { subject: true }
      - predicate:
          single_predicate:
            input: { name: path, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: ":path" } }
            value_match: { suffix: none }
        on_match:
          action:
            name: none
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig
              forward_client_cert_details: SANITIZE`,
  always: "forward_client_cert_details: ALWAYS_FORWARD_ONLY",
};

const listeners: Readonly<Record<string, ListenerParts>> = Object.fromEntries(
  Object.entries(MODES).map(([name, hcm]) => [name, { hcm: `${hcm}\n${LOG}`, transportSocket: TLS }]),
);

/** What a request says of certificates before; "": nothing. */
const GIVEN = [
  "",
  '[{"hash":"given"}]',
  ' [{"Hash":"given"},{"uri":["a"]}] ',
  '{"hash":"given"}',
  "[given",
  '["x"]',
  "[",
];

/** One request over TLS; what it did is seen at the upstream. */
async function ask(target: Target, listener: string, client: string, given = "Hash=given"): Promise<string> {
  const port = await target.proxy.listenerPort(listener);
  const own = CLIENTS[client];
  const identity = own === undefined ? {} : { cert: own.certificate, key: own.key };
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "server.test",
      ca: ca.certificate,
      ...identity,
    });
    let text = "";
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(text.split("\r\n", 1)[0] ?? ""));
    socket.write(
      `GET /${listener}/${client} HTTP/1.1\r\nhost: server.test\r\n${given === "" ? "" : `x-forwarded-client-cert: ${given}\r\n`}connection: close\r\n\r\n`,
    );
  });
}

export const CLIENT_CERTIFICATE_CASES: readonly ConformanceCase[] = [
  {
    title: "what a client's certificate says is forwarded and logged",
    yaml: listenersBootstrap(listeners),
    observe: async (target) => {
      const seen: Record<string, string> = {};
      for (const listener of Object.keys(listeners)) {
        for (const client of Object.keys(CLIENTS)) {
          seen[`${listener} ${client}`] = await ask(target, listener, client);
        }
      }
      for (const given of GIVEN) {
        for (const listener of ["json_append", "text_append", "json"])
          await ask(target, listener, "full", given);
      }
      return seen;
    },
    accessLog: {
      file: "access.log",
      lines: Object.keys(listeners).length * Object.keys(CLIENTS).length + GIVEN.length * 3,
    },
  },
];
