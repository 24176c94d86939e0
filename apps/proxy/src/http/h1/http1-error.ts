/** Why a message was refused, as the peer (status) and the access log (details) are told. The words are Envoy's. */
export interface Http1Error {
  /** What a server answers; a client answers 502 for all of them. */
  readonly status: number;
  readonly details: string;
  readonly message: string;
}

const refuse = (status: number, details: string, message: string): Http1Error => ({
  status,
  details,
  message,
});

export const Http1Errors = {
  requestLine: refuse(400, "http1.codec_error", "malformed request line"),
  statusLine: refuse(400, "http1.codec_error", "malformed status line"),
  method: refuse(400, "http1.codec_error", "unknown method"),
  url: refuse(400, "http1.invalid_url", "malformed request target"),
  scheme: refuse(400, "http1.invalid_scheme", "scheme is neither http nor https"),
  httpsInPlaintext: refuse(403, "http1.https_url_on_plaintext_connection", "https without TLS"),
  headerName: refuse(400, "http1.codec_error", "malformed header name"),
  lineEnd: refuse(400, "http1.codec_error", "line does not end in CR LF"),
  headerCharacters: refuse(400, "http1.invalid_characters", "control character in a header"),
  hostRepeated: refuse(400, "http1.codec_error", "more than one Host"),
  authority: refuse(400, "http.invalid_authority", "malformed Host"),
  contentLength: refuse(400, "http1.codec_error", "malformed or repeated Content-Length"),
  lengthAndChunked: refuse(
    400,
    "http1.content_length_and_chunked_not_allowed",
    "Content-Length beside Transfer-Encoding",
  ),
  transferEncoding: refuse(501, "http1.invalid_transfer_encoding", "transfer coding other than chunked"),
  transferEncoding10: refuse(400, "http1.codec_error", "Transfer-Encoding in HTTP/1.0"),
  version: refuse(426, "low_version", "HTTP version not served"),
  headersTooLarge: refuse(431, "http1.headers_too_large", "headers too large"),
  tooManyHeaders: refuse(431, "http1.too_many_headers", "too many headers"),
  chunkSize: refuse(400, "http1.codec_error", "malformed chunk size"),
  chunkEnd: refuse(400, "http1.codec_error", "chunk does not end in CR LF"),
  underscore: refuse(400, "http1.unexpected_underscore", "header name with underscore"),
  cutShort: refuse(400, "http1.codec_error", "end of the connection within a message"),
  connectBody: refuse(400, "http1.body_disallowed", "CONNECT with a body"),
  bodyDisallowed: refuse(400, "http1.content_length_not_allowed", "1xx or 204 with a body"),
  nominated: refuse(400, "http1.connection_header_rejected", "Connection names what it may not remove"),
  overloaded: refuse(500, "overload", "overloaded"),
  unexpectedData: refuse(400, "http1.codec_error", "data without a request"),
} as const;
