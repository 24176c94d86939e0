import type { Socket } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, TLSSocket } from "node:tls";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { endpoint, httpBootstrap, indent } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { answeringFilter, tlsCertificate, tlsListener } from "../downstream-tls.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const plain = certificates.create("plain", { issuer: ca, names: "DNS:plain.test" });
const other = certificates.create("other", { issuer: ca, names: "DNS:other.test" });
const rsa = certificates.create("rsa", { issuer: ca, names: "DNS:plain.test", rsa: true });
const strict = certificates.create("strict", { issuer: ca, names: "DNS:strict.test", mustStaple: true });
const fresh = certificates.ocspResponse(plain, ca, 2);
const timeless = certificates.ocspResponse(plain, ca);
const ofStrict = certificates.ocspResponse(strict, ca, 2);
const ofStrictTimeless = certificates.ocspResponse(strict, ca);

const stapled = (one: TestCertificate, response: Buffer): string =>
  tlsCertificate(one, `, ocsp_staple: { inline_bytes: ${response.toString("base64")} }`);

/** A TLS listener that answers every request with 200, and logs its connections. */
function listener(name: string, certificateList: string, context = "", common = ""): string {
  return tlsListener(
    name,
    `${context}
common_tls_context:
  tls_certificates: [${certificateList}]
${indent(common, 2)}`,
    answeringFilter(name, "status: 200", { "x-group": "%DOWNSTREAM_TLS_GROUP%" }),
  );
}

const bootstrap = (listeners: readonly string[]): string => `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${listeners.map((each) => indent(each, 4)).join("\n")}
`;

interface Seen {
  readonly certificate: string;
  /** Octets of the OCSP response. */
  readonly ocsp: number;
  readonly version: string | null;
  readonly cipher: string;
  /** That keys were exchanged in: as OpenSSL says here, and as the proxy does. */
  readonly group: unknown;
  readonly toldGroup: string | undefined;
  readonly reused: boolean;
  readonly status: string;
}
type Handshake = Omit<Seen, "status" | "toldGroup">;

/** A handshake with one request behind it; `session` is what it can be resumed with. */
function shake(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ readonly seen: Seen | "refused"; readonly session: Buffer | undefined }> {
  return new Promise((resolve) => {
    let seen: Handshake | undefined;
    let session: Buffer | undefined;
    let ocsp = 0;
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    socket.on("OCSPResponse", (response: Buffer | null) => {
      ocsp = response?.length ?? 0;
    });
    socket.on("session", (given: Buffer) => {
      session = given;
    });
    socket.on("secureConnect", () => {
      session ??= socket.getSession();
      seen = {
        certificate: String(socket.getPeerCertificate().subject?.CN ?? ""),
        ocsp,
        version: socket.getProtocol(),
        cipher: socket.getCipher().standardName,
        group: Reflect.get(Object(socket.getEphemeralKeyInfo()), "name"),
        reused: socket.isSessionReused(),
      };
      socket.write("GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");
    });
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const status = answer.split("\r\n")[0] ?? "";
      const toldGroup = /^x-group: (.*)\r$/m.exec(answer)?.[1];
      const whole = seen === undefined || status === "" ? undefined : { ...seen, toldGroup, status };
      resolve({ seen: whole ?? "refused", session });
    });
  });
}

/** One after the other, each under its name. */
async function shakes(
  { proxy }: Target,
  wanted: readonly (readonly [listener: string, what: string, options: ConnectionOptions])[],
): Promise<Record<string, Seen | "refused">> {
  const seen: Record<string, Seen | "refused"> = {};
  for (const [name, what, options] of wanted)
    seen[`${name}: ${what}`] = (await shake(await proxy.listenerPort(name), options)).seen;
  return seen;
}

const ASKS: ConnectionOptions = { requestOCSP: true };
const TLS12: ConnectionOptions = { maxVersion: "TLSv1.2" };
/** OpenSSL's SSL_OP_NO_TICKET. */
const NO_TICKETS: ConnectionOptions = { ...TLS12, secureOptions: 0x4000 };

/** Whether the second of two handshakes resumes the first one's session. */
async function resumes({ proxy }: Target, name: string, options: ConnectionOptions): Promise<boolean> {
  const port = await proxy.listenerPort(name);
  const { session } = await shake(port, options);
  const { seen } = await shake(port, session === undefined ? options : { ...options, session });
  return seen !== "refused" && seen.reused;
}

const STAPLE_STATS = ["requests", "responses", "omitted", "failed"].map((each) => `ocsp_staple_${each}`);
const STAPLING = ["main", "lenient", "strict", "must", "marked", "spare"];

/** A server that asks for a new handshake of TLS 1.2 before it answers. */
function renegotiate(raw: Socket): void {
  const { certificate: cert, key } = plain;
  const secureContext = createSecureContext({ cert, key, maxVersion: "TLSv1.2" });
  const socket = new TLSSocket(raw, { isServer: true, secureContext });
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.renegotiate({}, (error) => {
      if (error === null) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nnew");
    });
  });
}

function tlsCluster(name: string, port: string, context: string): string {
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 2s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoint(port)}] }] }
  transport_socket:
    name: tls
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
${indent(context, 6)}`;
}

const SUITE_ORDERS: readonly string[] = [
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305",
];

const GROUP_CLIENTS: readonly (readonly [string, ConnectionOptions])[] = [
  ["has all", { ecdhCurve: "X25519:P-256:X25519MLKEM768:P-384" }],
  ["has all, in TLS 1.2", { ...TLS12, ecdhCurve: "P-384:P-256:X25519MLKEM768:X25519" }],
  ["has the newest alone", { ecdhCurve: "X25519MLKEM768" }],
  ["has two", { ecdhCurve: "P-256:X25519" }],
  ["has two, in TLS 1.2", { ...TLS12, ecdhCurve: "P-256:X25519" }],
  ["has a large one alone", { ecdhCurve: "P-384" }],
  ["exchanges by RSA", { ...TLS12, ciphers: "AES128-SHA256:AES128-GCM-SHA256" }],
];
const GROUP_LISTENERS = ["main", "narrow", "client", "older"];

export const TLS_HANDSHAKE_CASES: readonly ConformanceCase[] = [
  {
    title: "keys are exchanged in the first of the listener's groups that the client has",
    yaml: bootstrap([
      listener("main", tlsCertificate(plain)),
      listener("narrow", tlsCertificate(plain), "", "tls_params: { ecdh_curves: [P-384, P-256, X25519] }"),
      listener("client", tlsCertificate(plain), "prefer_client_ciphers: true"),
      listener(
        "older",
        tlsCertificate(rsa),
        "",
        "tls_params: { tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, AES128-GCM-SHA256] }",
      ),
    ]),
    observe: (target) =>
      shakes(
        target,
        GROUP_LISTENERS.flatMap((name) =>
          GROUP_CLIENTS.map(([what, options]): [string, string, ConnectionOptions] => [name, what, options]),
        ),
      ),
    stats: GROUP_LISTENERS.flatMap((name) =>
      ["X25519MLKEM768", "X25519", "P-256", "P-384"].map((group) => `listener.${name}.ssl.curves.${group}`),
    ),
  },
  {
    title: "OCSP responses are stapled for clients that ask, as the policy has it",
    yaml: bootstrap([
      listener("main", stapled(plain, fresh)),
      listener("lenient", stapled(plain, timeless)),
      listener("strict", stapled(plain, timeless), "ocsp_staple_policy: STRICT_STAPLING"),
      listener("must", stapled(plain, fresh), "ocsp_staple_policy: MUST_STAPLE"),
      listener("marked", stapled(strict, ofStrictTimeless)),
      listener("spare", `${stapled(strict, ofStrictTimeless)}, ${stapled(plain, fresh)}`),
    ]),
    observe: (target) =>
      shakes(
        target,
        STAPLING.flatMap((name): [string, string, ConnectionOptions][] => [
          [name, "asks", ASKS],
          [name, "asks in TLS 1.2", { ...ASKS, ...TLS12 }],
          [name, "does not ask", {}],
        ]),
      ),
    stats: STAPLING.flatMap((name) =>
      [...STAPLE_STATS, "handshake"].map((stat) => `listener.${name}.ssl.${stat}`),
    ),
  },
  {
    title: "a must-staple certificate with its OCSP response",
    yaml: bootstrap([
      listener("main", stapled(strict, ofStrict)),
      listener(
        "two",
        `${tlsCertificate(other)}, ${stapled(strict, ofStrict)}`,
        "ocsp_staple_policy: STRICT_STAPLING",
      ),
    ]),
    observe: (target) =>
      shakes(target, [
        ["main", "asks", ASKS],
        ["main", "does not ask", {}],
        ["two", "the certificate without a response", { ...ASKS, servername: "other.test" }],
        ["two", "the one with", { ...ASKS, servername: "strict.test" }],
      ]),
    stats: ["main", "two"].flatMap((name) => STAPLE_STATS.map((stat) => `listener.${name}.ssl.${stat}`)),
  },
  {
    title: "TLS 1.2 sessions are resumed with tickets and without, unless that is disabled",
    yaml: bootstrap([
      listener("main", tlsCertificate(plain)),
      listener("stateless", tlsCertificate(plain), "disable_stateful_session_resumption: true"),
      listener("stateful", tlsCertificate(plain), "disable_stateless_session_resumption: true"),
      listener(
        "neither",
        tlsCertificate(plain),
        "disable_stateless_session_resumption: true\ndisable_stateful_session_resumption: true",
      ),
    ]),
    observe: async (target) => {
      const seen: Record<string, boolean> = {};
      for (const name of ["main", "stateless", "stateful", "neither"]) {
        seen[`${name}: a client with tickets`] = await resumes(target, name, TLS12);
        seen[`${name}: a client without tickets`] = await resumes(target, name, NO_TICKETS);
      }
      return seen;
    },
    stats: ["main", "stateless", "stateful", "neither"].flatMap((name) => [
      `listener.${name}.ssl.session_reused`,
      `listener.${name}.ssl.handshake`,
    ]),
  },
  {
    title: "of cipher suites that are liked equally the client's order decides",
    yaml: bootstrap([
      listener("main", `${tlsCertificate(plain)}, ${tlsCertificate(rsa)}`),
      listener("client", `${tlsCertificate(plain)}, ${tlsCertificate(rsa)}`, "prefer_client_ciphers: true"),
      listener(
        "own",
        tlsCertificate(plain),
        "",
        'tls_params: { cipher_suites: ["ECDHE-ECDSA-AES256-GCM-SHA384", "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]"] }',
      ),
      listener(
        "strict",
        tlsCertificate(plain),
        "",
        'tls_params: { cipher_suites: ["ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"] }',
      ),
    ]),
    observe: (target) =>
      shakes(
        target,
        ["main", "client", "own", "strict"].flatMap((name) =>
          SUITE_ORDERS.map((ciphers) => [name, ciphers, { ...TLS12, ciphers }] as const),
        ),
      ),
  },
  {
    title: "TLS parameters of one certificate among several",
    yaml: bootstrap([
      listener(
        "main",
        `${tlsCertificate(plain, ", tls_params: { tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-ECDSA-AES256-GCM-SHA384] }")}, ${tlsCertificate(other)}, ${tlsCertificate(rsa, ", tls_params: { tls_minimum_protocol_version: TLSv1_3 }")}`,
      ),
      listener(
        "both",
        tlsCertificate(plain, ", tls_params: { tls_minimum_protocol_version: TLSv1_3 }"),
        "",
        "tls_params: { tls_maximum_protocol_version: TLSv1_3, cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256] }",
      ),
      listener(
        "suites",
        tlsCertificate(plain, ", tls_params: { ecdh_curves: [P-256] }"),
        "",
        "tls_params: { tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-ECDSA-AES256-GCM-SHA384] }",
      ),
      listener(
        "wider",
        tlsCertificate(
          plain,
          ", tls_params: { tls_maximum_protocol_version: TLSv1_3, cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256] }",
        ),
        "",
        "tls_params: { tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-ECDSA-AES256-GCM-SHA384] }",
      ),
    ]),
    observe: (target) =>
      shakes(target, [
        ["main", "of the first", { servername: "plain.test" }],
        ["main", "of the second", { servername: "other.test" }],
        ["main", "of the second in TLS 1.2", { servername: "other.test", ...TLS12 }],
        [
          "main",
          "of the third in TLS 1.2",
          { servername: "plain.test", ...TLS12, ciphers: "ECDHE-RSA-AES128-GCM-SHA256" },
        ],
        ["both", "any version", {}],
        ["both", "TLS 1.2", TLS12],
        ["suites", "any version", {}],
        ["suites", "X25519 only", { ecdhCurve: "X25519" }],
        ["wider", "any version", {}],
        ["wider", "TLS 1.2", TLS12],
      ]),
  },
  {
    title: "an upstream that renegotiates, where that is allowed",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/allowed" }, route: { cluster: allowed } }`,
      clusters: tlsCluster("allowed", "{{tcp}}", "allow_renegotiation: true"),
    }),
    tcp: renegotiate,
    requests: [{ path: "/allowed" }],
    stats: ["cluster.allowed.upstream_rq_200", "cluster.allowed.ssl.handshake"],
  },
];
