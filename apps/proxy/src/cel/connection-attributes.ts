import { type CelInput, celUint } from "@bufbuild/cel";
import type { TlsInfo } from "@sluice/extension-api";
import type { CelSubject } from "./expression.ts";

/** `connection.…`; undefined: there is none of that name, or not yet. */
export function connectionAttribute(
  { connection, streamInfo }: CelSubject,
  name: string,
): CelInput | undefined {
  switch (name) {
    case "mtls":
      return connection.tls?.peerCertificatePresented === true;
    case "requested_server_name":
      return connection.requestedServerName ?? "";
    case "id":
      return celUint(BigInt(connection.id));
    case "termination_details":
      return streamInfo.connectionTerminationDetails || undefined;
    case "transport_failure_reason":
      return connection.transportFailureReason || undefined;
    default:
      return connection.tls === undefined ? undefined : tlsAttribute(connection.tls, name);
  }
}

/** What TLS adds to `connection.…` and `upstream.…`: of several names the first. */
export function tlsAttribute(tls: TlsInfo, name: string): string | undefined {
  switch (name) {
    case "tls_version":
      return tls.version;
    case "subject_local_certificate":
      return tls.local?.subject ?? "";
    case "subject_peer_certificate":
      return tls.subjectPeer ?? "";
    case "uri_san_local_certificate":
      return tls.local?.uriSans[0];
    case "uri_san_peer_certificate":
      return tls.uriSanPeer[0];
    case "dns_san_local_certificate":
      return tls.local?.dnsSans[0];
    case "dns_san_peer_certificate":
      return tls.dnsSanPeer[0];
    case "sha256_peer_certificate_digest":
      return tls.sha256PeerCertificateDigest || undefined;
    case "peer_certificate":
      // As it is: only the operators of logs encode it.
      return tls.peer?.pem;
    default:
      return undefined;
  }
}
