import { type ClientHelloMessage, readClientHello } from "./read-client-hello.ts";

/** What the server decides by before the handshake (RFC 8446 §4.1.2). */
export interface ClientHello {
  /** SNI as it was sent; "" without. */
  readonly serverName: string;
  readonly alpn: readonly string[];
  /** Numbers of the cipher suites that it offers, its favourite first. */
  readonly suites: readonly number[];
  /** NIST names of the curves on which the client verifies ECDSA certificates; empty: it cannot. */
  readonly ecdsaCurves: readonly string[];
  /** Numbers of the groups that it can exchange keys in, its favourite first (RFC 8446 §4.2.7). */
  readonly groups: readonly number[];
  readonly wantsOcsp: boolean;
  /** It takes session tickets (RFC 5077). */
  readonly tickets: boolean;
  /** It offers TLS 1.3. */
  readonly tls13: boolean;
}

/** A ClientHello beyond this is left to the TLS library to judge. */
const HELLO_BYTES_MAX = 64 * 1024;

const SUPPORTED_GROUPS = 10;
const SESSION_TICKET = 35;
const TLS_1_3 = 0x0304;

const CURVES: Readonly<Record<number, string>> = { 23: "P-256", 24: "P-384", 25: "P-521" };
/** TLS 1.3 binds the curve to the signature algorithm. */
const SIGNATURE_CURVES: Readonly<Record<number, string>> = {
  1027: "P-256",
  1283: "P-384",
  1539: "P-521",
};
/** TLS 1.2's ECDHE_ECDSA suites, as BoringSSL has them. */
const ECDSA_SUITES: ReadonlySet<number> = new Set([0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c, 0xcca9]);

/** `more`: the bytes are the beginning of a ClientHello; `none`: they are not one that can be read. */
export function parseClientHello(bytes: Buffer): ClientHello | "more" | "none" {
  const result = readClientHello(bytes, HELLO_BYTES_MAX);
  if (result.state === "more") return "more";
  if (result.state !== "found") return "none";
  const {
    serverName = "",
    applicationProtocols,
    cipherSuites,
    extensions,
    supportedVersions,
    groups,
    wantsOcsp,
  } = result.hello;
  return {
    serverName,
    alpn: applicationProtocols,
    suites: cipherSuites,
    ecdsaCurves: ecdsaCurvesOf(result.hello),
    groups,
    wantsOcsp,
    tickets: extensions.includes(SESSION_TICKET),
    tls13: supportedVersions.includes(TLS_1_3),
  };
}

function ecdsaCurvesOf(hello: ClientHelloMessage): readonly string[] {
  const { supportedVersions, signatureAlgorithms, cipherSuites, extensions, groups } = hello;
  if (supportedVersions.includes(TLS_1_3))
    return signatureAlgorithms.flatMap((each) => SIGNATURE_CURVES[each] ?? []);
  if (!cipherSuites.some((suite) => ECDSA_SUITES.has(suite))) return [];
  // Without the extension a client takes any curve (RFC 8422 §4); Envoy counts on P-256 then.
  if (!extensions.includes(SUPPORTED_GROUPS)) return ["P-256"];
  return groups.flatMap((group) => CURVES[group] ?? []);
}
