import { createHash, X509Certificate } from "node:crypto";
import { type ConnectionOptions, connect } from "node:tls";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { indent } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { inlineText, tlsCertificate, tlsListener } from "../downstream-tls.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const middle = certificates.create("middle", { ca: true, issuer: ca });
const low = certificates.create("low", { ca: true, issuer: middle });
const other = certificates.create("other-ca", { ca: true });
const server = certificates.create("server", { issuer: ca, names: "DNS:server.test" });
const NAMES = [
  "DNS:client.test",
  "DNS:*.wild.test",
  "URI:spiffe://acme/client",
  "email:client@acme.test",
  "IP:10.1.2.3",
  "IP:2001:db8:0:0:0:0:0:1",
  "otherName:1.2.3.4;UTF8:other",
].join(",");
const good = certificates.create("good", { issuer: ca, names: NAMES });
const revoked = certificates.create("revoked", { issuer: ca, names: NAMES });
const expired = certificates.create("expired", { issuer: ca, names: NAMES, days: -1 });
const nameless = certificates.create("client.test", { issuer: ca });
const deep = certificates.create("deep", { issuer: low, names: NAMES });
const stranger = certificates.create("stranger", { issuer: other, names: NAMES });
const alone = certificates.create("alone", { names: NAMES });
const crl = certificates.revocationList("crl", ca, [revoked]);
const crlOfMiddle = certificates.revocationList("crl-middle", middle, []);
const crlOfLow = certificates.revocationList("crl-low", low, [deep]);

const chained = (one: TestCertificate, ...issuers: readonly TestCertificate[]): ConnectionOptions => ({
  cert: [one, ...issuers].map(({ certificate }) => certificate).join(""),
  key: one.key,
});

const CLIENTS: Readonly<Record<string, ConnectionOptions>> = {
  good: chained(good),
  revoked: chained(revoked),
  expired: chained(expired),
  nameless: chained(nameless),
  deep: chained(deep, low, middle),
  "a gap": chained(deep, middle),
  stranger: chained(stranger, other),
  alone: chained(alone),
  none: {},
};

const trust = (...list: readonly string[]): string => `trusted_ca: ${inlineText(list.join(""))}`;
const hash = (one: TestCertificate): Buffer =>
  createHash("sha256").update(new X509Certificate(one.certificate).raw).digest();
const spki = (one: TestCertificate): string =>
  createHash("sha256")
    .update(new X509Certificate(one.certificate).publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
const colons = (hex: string): string => hex.replaceAll(/..(?!$)/g, "$&:");
const names = (...matchers: readonly string[]): string =>
  `${trust(ca.certificate)}, match_typed_subject_alt_names: [${matchers.map((one) => `{ ${one} }`).join(", ")}]`;

/** Validation contexts, each of a listener of its own. */
const CONTEXTS: Readonly<Record<string, string>> = {
  main: trust(ca.certificate),
  crl: `${trust(ca.certificate)}, crl: ${inlineText(crl)}`,
  crl_beside_ca: trust(ca.certificate, crl),
  crl_of_another: `${trust(ca.certificate, other.certificate)}, crl: ${inlineText(crl)}`,
  crls: `${trust(ca.certificate)}, crl: ${inlineText(crl + crlOfMiddle + crlOfLow)}`,
  crls_one_missing: `${trust(ca.certificate)}, crl: ${inlineText(crl + crlOfLow)}`,
  depth0: `${trust(ca.certificate)}, max_verify_depth: 0`,
  depth1: `${trust(ca.certificate)}, max_verify_depth: 1`,
  depth2: `${trust(ca.certificate)}, max_verify_depth: 2`,
  middle: trust(middle.certificate),
  leaf: trust(good.certificate),
  expired: `${trust(ca.certificate)}, allow_expired_certificate: true`,
  hash: `verify_certificate_hash: ["${hash(good).toString("hex")}", "${colons(hash(alone).toString("hex").toUpperCase())}"]`,
  hash_and_ca: `${trust(ca.certificate)}, verify_certificate_hash: ["${hash(good).toString("hex")}"]`,
  spki: `verify_certificate_spki: ["${spki(alone)}", "${spki(expired)}"]`,
  both_pins: `verify_certificate_spki: ["${spki(alone)}"], verify_certificate_hash: ["${hash(good).toString("hex")}"]`,
  untrusted: `${trust(ca.certificate)}, trust_chain_verification: ACCEPT_UNTRUSTED`,
  untrusted_names: `${names("san_type: DNS, matcher: { exact: nobody.test }")}, trust_chain_verification: ACCEPT_UNTRUSTED`,
  untrusted_pin: `verify_certificate_spki: ["${spki(alone)}"], trust_chain_verification: ACCEPT_UNTRUSTED`,
  dns: names("san_type: DNS, matcher: { exact: client.test }"),
  dns_wild: names("san_type: DNS, matcher: { exact: a.wild.test }"),
  dns_capitals: names("san_type: DNS, matcher: { exact: CLIENT.test }"),
  dns_prefix: names('san_type: DNS, matcher: { prefix: "*.wild" }'),
  uri: names('san_type: URI, matcher: { safe_regex: { regex: "spiffe://acme/.*" } }'),
  uri_part: names('san_type: URI, matcher: { safe_regex: { regex: "spiffe://acme" } }'),
  email: names("san_type: EMAIL, matcher: { suffix: acme.test }"),
  email_case: names("san_type: EMAIL, matcher: { exact: CLIENT@acme.test, ignore_case: true }"),
  ip4: names("san_type: IP_ADDRESS, matcher: { exact: 10.1.2.3 }"),
  ip6: names('san_type: IP_ADDRESS, matcher: { exact: "2001:db8::1" }'),
  other_name: names("san_type: OTHER_NAME, matcher: { exact: other }, oid: 1.2.3.4"),
  other_oid: names("san_type: OTHER_NAME, matcher: { exact: other }, oid: 1.2.3.5"),
  second: names("san_type: DNS, matcher: { exact: x.test }", "san_type: EMAIL, matcher: { contains: acme }"),
  wrong_kind: names("san_type: URI, matcher: { exact: client.test }"),
};

const ECHO = `- name: echo
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }`;
const listener = (name: string, context: string): string =>
  tlsListener(
    name,
    `common_tls_context: { tls_certificates: [${tlsCertificate(server)}], validation_context: { ${context} } }`,
    ECHO,
  );

/** Whether the listener has taken the client, and told it back what it said. */
function ask(port: number, options: ConnectionOptions): Promise<boolean> {
  return new Promise((resolve) => {
    let answered = false;
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => socket.write("hello"));
    socket.on("data", () => {
      answered = true;
      socket.end();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answered));
  });
}

async function observe({ proxy }: Target): Promise<unknown> {
  const seen: Record<string, unknown> = {};
  for (const name of Object.keys(CONTEXTS)) {
    const port = await proxy.listenerPort(name);
    const taken: string[] = [];
    for (const [client, options] of Object.entries(CLIENTS)) {
      if (await ask(port, options)) taken.push(client);
    }
    seen[name] = taken;
  }
  return seen;
}

export const PEER_VALIDATION_CASES: readonly ConformanceCase[] = [
  {
    title: "clients are judged by chain, revocation, depth, time, names and pins",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${Object.entries(CONTEXTS)
  .map(([name, context]) => indent(listener(name, context), 4))
  .join("\n")}
`,
    observe,
    stats: Object.keys(CONTEXTS).flatMap((name) =>
      [
        "handshake",
        "fail_verify_no_cert",
        "fail_verify_error",
        "fail_verify_san",
        "fail_verify_cert_hash",
      ].map((stat) => `listener.${name}.ssl.${stat}`),
    ),
  },
];
