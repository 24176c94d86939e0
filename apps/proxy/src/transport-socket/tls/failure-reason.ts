/** A failed handshake in the words of Envoy's TLS library, as far as OpenSSL's error tells the same. */

const SSL_LIBRARY = 16 << 24;

/** OpenSSL's `reason` where the libraries number or name it differently. */
const REASONS: Readonly<Record<string, readonly [number, string]>> = {
  "certificate verify failed": [125, "CERTIFICATE_VERIFY_FAILED"],
  "http request": [156, "HTTP_REQUEST"],
  "https proxy request": [155, "HTTPS_PROXY_REQUEST"],
  "no shared cipher": [184, "NO_SHARED_CIPHER"],
  "peer did not return a certificate": [192, "PEER_DID_NOT_RETURN_A_CERTIFICATE"],
  "unsupported protocol": [240, "UNSUPPORTED_PROTOCOL"],
  "wrong version number": [247, "WRONG_VERSION_NUMBER"],
  "packet length too long": [247, "WRONG_VERSION_NUMBER"],
  "no shared signature algorithms": [253, "NO_COMMON_SIGNATURE_ALGORITHMS"],
  "no suitable signature algorithm": [253, "NO_COMMON_SIGNATURE_ALGORITHMS"],
  "tlsv13 alert certificate required": [1116, "TLSV1_CERTIFICATE_REQUIRED"],
  "tlsv1 unrecognized name": [1112, "TLSV1_UNRECOGNIZED_NAME"],
  "ssl/tls alert handshake failure": [1040, "SSLV3_ALERT_HANDSHAKE_FAILURE"],
  "ssl/tls alert bad certificate": [1042, "SSLV3_ALERT_BAD_CERTIFICATE"],
  "ssl/tls alert certificate revoked": [1044, "SSLV3_ALERT_CERTIFICATE_REVOKED"],
  "ssl/tls alert certificate expired": [1045, "SSLV3_ALERT_CERTIFICATE_EXPIRED"],
  "ssl/tls alert certificate unknown": [1046, "SSLV3_ALERT_CERTIFICATE_UNKNOWN"],
  "ssl/tls alert illegal parameter": [1047, "SSLV3_ALERT_ILLEGAL_PARAMETER"],
};

export interface TlsError extends Error {
  readonly code?: string;
  /** Of OpenSSL; absent in errors of the socket. */
  readonly reason?: string;
}

/** `TLS_error:|…:TLS_error_end`; "" for what is not an error of TLS. */
export function tlsFailureReason(error: TlsError): string {
  const { reason } = error;
  if (reason === undefined) return "";
  const [number, name] = REASONS[reason] ?? [reasonNumber(error.message), reasonName(reason)];
  const detail =
    name === "PEER_DID_NOT_RETURN_A_CERTIFICATE" ? ":peer did not provide required client certificate" : "";
  return frame(number, name, detail);
}

/** The peer's certificate was refused; `detail` says why. */
export function verificationFailureReason(detail: string): string {
  return frame(125, "CERTIFICATE_VERIFY_FAILED", detail === "" ? "" : `:${detail}`);
}

function frame(number: number, name: string, detail: string): string {
  return `TLS_error:|${SSL_LIBRARY + number}:SSL routines:OPENSSL_internal:${name}${detail}:TLS_error_end`;
}

/** The low bits of OpenSSL's `error:0A000412:…`. */
function reasonNumber(message: string): number {
  const match = /error:0A([0-9A-F]{6}):/.exec(message);
  return match === null ? 0 : Number.parseInt(match[1] ?? "0", 16) % (1 << 20);
}

function reasonName(reason: string): string {
  return reason
    .replace(/^ssl\/tls alert/, "sslv3 alert")
    .replace(/[^a-z0-9]+/gi, "_")
    .toUpperCase();
}
