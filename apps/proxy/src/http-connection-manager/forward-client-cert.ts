import type { HeaderMap, TlsInfo } from "@sluice/extension-api";
import type { MatchingData } from "@sluice/matching";

/** How `x-forwarded-client-cert` is made (`forward_client_cert_details`, `set_current_client_cert_details`). */
export interface ClientCertRule {
  /** Envoy's words in camelCase. */
  readonly mode: "sanitize" | "forwardOnly" | "appendForward" | "sanitizeSet" | "alwaysForwardOnly";
  /** Elements are objects in an array of JSON; a value that the request has keeps its own form. */
  readonly json: boolean;
  readonly subject: boolean;
  readonly issuer: boolean;
  readonly cert: boolean;
  readonly chain: boolean;
  readonly uri: boolean;
  readonly dns: boolean;
}

export interface ClientCertChoice {
  /** Holds where nothing else is chosen. */
  readonly rule: ClientCertRule;
  /** `forward_client_cert_matcher`; `undefined`: the request has no rule of its own. */
  readonly choose: ((data: MatchingData) => ClientCertRule | undefined) | undefined;
}

const NAME = "x-forwarded-client-cert";

/** Sets, keeps or removes `x-forwarded-client-cert` by the trust that configuration states. */
export function forwardClientCert(headers: HeaderMap, tls: TlsInfo | undefined, rule: ClientCertRule): void {
  const { mode } = rule;
  if (mode === "alwaysForwardOnly") return;
  if (mode === "sanitize" || tls?.peerCertificatePresented !== true) {
    headers.remove(NAME);
    return;
  }
  if (mode === "forwardOnly") return;
  const given = mode === "appendForward" ? headers.getAll(NAME) : undefined;
  if (given === undefined ? rule.json : isArray(given)) {
    headers.set(NAME, appendJson(given ?? "[]", describeAsJson(tls, rule)));
    return;
  }
  const element = describe(tls, rule);
  if (given !== undefined) headers.set(NAME, element === "" ? given : `${given},${element}`);
  else if (element !== "") headers.set(NAME, element);
  else headers.remove(NAME);
}

/** Names are in RFC 2253's form, in which quotes are escaped already. */
function describe(tls: TlsInfo, details: ClientCertRule): string {
  const parts: string[] = [];
  for (const san of tls.local?.uriSans ?? []) parts.push(`By=${san}`);
  if (tls.sha256PeerCertificateDigest !== undefined) parts.push(`Hash=${tls.sha256PeerCertificateDigest}`);
  if (details.cert && tls.peer !== undefined) parts.push(`Cert="${encodePem(tls.peer.pem)}"`);
  if (details.chain && tls.peerChainPem !== undefined) {
    parts.push(`Chain="${encodePem(tls.peerChainPem.join(""))}"`);
  }
  if (details.subject) parts.push(`Subject="${tls.subjectPeer ?? ""}"`);
  if (details.uri) {
    if (tls.uriSanPeer.length === 0) parts.push("URI=");
    for (const san of tls.uriSanPeer) parts.push(`URI=${san}`);
  }
  if (details.dns) for (const san of tls.dnsSanPeer) parts.push(`DNS=${san}`);
  if (details.issuer) parts.push(`Issuer="${tls.peer?.issuer ?? ""}"`);
  return parts.join(";");
}

function describeAsJson(tls: TlsInfo, details: ClientCertRule): string {
  const { local, peer, peerChainPem } = tls;
  const some = (names: readonly string[] | undefined): readonly string[] | undefined =>
    names === undefined || names.length === 0 ? undefined : names;
  return JSON.stringify({
    by: some(local?.uriSans),
    hash: tls.sha256PeerCertificateDigest,
    cert: details.cert ? peer?.pem : undefined,
    chain: details.chain ? peerChainPem : undefined,
    subject: details.subject ? (tls.subjectPeer ?? "") : undefined,
    uri: details.uri ? some(tls.uriSanPeer) : undefined,
    dns: details.dns ? some(tls.dnsSanPeer) : undefined,
    issuer: details.issuer ? (peer?.issuer ?? "") : undefined,
  });
}

function isArray(value: string): boolean {
  return value.length > 1 && value.startsWith("[") && value.endsWith("]");
}

function appendJson(array: string, element: string): string {
  const before = array.slice(0, -1);
  return before.trimEnd() === "[" ? `[${element}]` : `${before},${element}]`;
}

/** PEM inside a quoted value: what a URL component may not hold is percent-encoded. */
function encodePem(pem: string): string {
  return encodeURIComponent(pem);
}
