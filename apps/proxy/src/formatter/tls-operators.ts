import type { CertificateInfo, TlsInfo } from "@sluice/extension-api";
import type { FormatContext } from "./format-context.ts";
import { compileTimeFormat, isoTime } from "./format-start-time.ts";
import { type OperatorCompiler, type OperatorTable, text } from "./operator.ts";

type PickTls = (context: FormatContext) => TlsInfo | undefined;
type PickCertificate = (context: FormatContext) => CertificateInfo | undefined;

const list = (items: readonly string[] | undefined): string | undefined => items?.join(",");

const downstream: PickTls = ({ connection }) => connection.tls;
const upstream: PickTls = ({ streamInfo }) => streamInfo.upstreamTls;
const downstreamPeer: PickCertificate = ({ connection }) => connection.tls?.peer;
const downstreamLocal: PickCertificate = ({ connection }) => connection.tls?.local;
const upstreamPeer: PickCertificate = ({ streamInfo }) => streamInfo.upstreamTls?.peer;
const upstreamLocal: PickCertificate = ({ streamInfo }) => streamInfo.upstreamTls?.local;

/** A certificate's time, ISO 8601 or in a strftime format. */
function certificateTime(
  pick: PickCertificate,
  at: (certificate: CertificateInfo) => number,
): OperatorCompiler {
  return (argument) => {
    const format = argument === undefined ? isoTime : compileTimeFormat(argument, false);
    if (typeof format !== "function") return format.message;
    return (context) => {
      const certificate = pick(context);
      return certificate === undefined ? undefined : format(at(certificate));
    };
  };
}

/** Of every certificate that a client has sent, its own first. */
const ofChain = (part: (certificate: CertificateInfo) => string): OperatorCompiler =>
  text((context) => list(downstream(context)?.peerChain?.map(part)));

export const TLS_OPERATORS: OperatorTable = {
  DOWNSTREAM_TLS_VERSION: text((context) => downstream(context)?.version),
  DOWNSTREAM_TLS_CIPHER: text((context) => downstream(context)?.cipherSuite),
  DOWNSTREAM_TLS_GROUP: text((context) => downstream(context)?.group),
  DOWNSTREAM_TLS_SESSION_ID: text((context) => downstream(context)?.sessionId),
  DOWNSTREAM_PEER_SUBJECT: text((context) => downstream(context)?.subjectPeer),
  DOWNSTREAM_PEER_ISSUER: text((context) => downstreamPeer(context)?.issuer),
  DOWNSTREAM_PEER_SERIAL: text((context) => downstreamPeer(context)?.serial),
  DOWNSTREAM_PEER_FINGERPRINT_256: text((context) => downstream(context)?.sha256PeerCertificateDigest),
  DOWNSTREAM_PEER_FINGERPRINT_1: text((context) => downstreamPeer(context)?.sha1),
  DOWNSTREAM_PEER_CERT: text((context) => encodePem(downstreamPeer(context)?.pem)),
  DOWNSTREAM_PEER_CERT_V_START: certificateTime(downstreamPeer, ({ validFromMs }) => validFromMs),
  DOWNSTREAM_PEER_CERT_V_END: certificateTime(downstreamPeer, ({ validUntilMs }) => validUntilMs),
  DOWNSTREAM_PEER_URI_SAN: text((context) => list(downstream(context)?.uriSanPeer)),
  DOWNSTREAM_PEER_DNS_SAN: text((context) => list(downstream(context)?.dnsSanPeer)),
  DOWNSTREAM_PEER_IP_SAN: text((context) => list(downstreamPeer(context)?.ipSans)),
  DOWNSTREAM_PEER_EMAIL_SAN: text((context) => list(downstreamPeer(context)?.emailSans)),
  DOWNSTREAM_PEER_OTHERNAME_SAN: text((context) => list(downstreamPeer(context)?.otherNameSans)),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256: ofChain(({ sha256 }) => sha256),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1: ofChain(({ sha1 }) => sha1),
  DOWNSTREAM_PEER_CHAIN_SERIALS: ofChain(({ serial }) => serial),
  DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256: text((context) => downstream(context)?.peerChain?.[1]?.sha256),
  DOWNSTREAM_PEER_ISSUER_SERIAL: text((context) => downstream(context)?.peerChain?.[1]?.serial),
  DOWNSTREAM_LOCAL_OTHERNAME_SAN: text((context) => list(downstreamLocal(context)?.otherNameSans)),
  DOWNSTREAM_LOCAL_SUBJECT: text((context) => downstreamLocal(context)?.subject),
  DOWNSTREAM_LOCAL_URI_SAN: text((context) => list(downstreamLocal(context)?.uriSans)),
  DOWNSTREAM_LOCAL_DNS_SAN: text((context) => list(downstreamLocal(context)?.dnsSans)),
  DOWNSTREAM_LOCAL_IP_SAN: text((context) => list(downstreamLocal(context)?.ipSans)),
  DOWNSTREAM_LOCAL_EMAIL_SAN: text((context) => list(downstreamLocal(context)?.emailSans)),
  UPSTREAM_TLS_VERSION: text((context) => upstream(context)?.version),
  UPSTREAM_TLS_CIPHER: text((context) => upstream(context)?.cipherSuite),
  UPSTREAM_TLS_GROUP: text((context) => upstream(context)?.group),
  UPSTREAM_TLS_SESSION_ID: text((context) => upstream(context)?.sessionId),
  UPSTREAM_PEER_SUBJECT: text((context) => upstream(context)?.subjectPeer),
  UPSTREAM_PEER_ISSUER: text((context) => upstreamPeer(context)?.issuer),
  UPSTREAM_PEER_CERT: text((context) => encodePem(upstreamPeer(context)?.pem)),
  UPSTREAM_PEER_CERT_V_START: certificateTime(upstreamPeer, ({ validFromMs }) => validFromMs),
  UPSTREAM_PEER_CERT_V_END: certificateTime(upstreamPeer, ({ validUntilMs }) => validUntilMs),
  UPSTREAM_PEER_URI_SAN: text((context) => list(upstream(context)?.uriSanPeer)),
  UPSTREAM_PEER_DNS_SAN: text((context) => list(upstream(context)?.dnsSanPeer)),
  UPSTREAM_PEER_IP_SAN: text((context) => list(upstreamPeer(context)?.ipSans)),
  UPSTREAM_LOCAL_URI_SAN: text((context) => list(upstreamLocal(context)?.uriSans)),
  UPSTREAM_LOCAL_DNS_SAN: text((context) => list(upstreamLocal(context)?.dnsSans)),
  UPSTREAM_LOCAL_IP_SAN: text((context) => list(upstreamLocal(context)?.ipSans)),
};

function encodePem(pem: string | undefined): string | undefined {
  return pem === undefined ? undefined : encodeURIComponent(pem);
}
