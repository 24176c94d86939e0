const HTTP2_PREFIX = "PRI * HTTP/2";

/** The protocol of a connection by what TLS agreed on, or else by its first bytes; `undefined` while these leave it open. */
export function detectProtocol(alpn: string | undefined, input: Buffer): "http1" | "http2" | undefined {
  if (alpn !== undefined && alpn !== "") return alpn === "h2" ? "http2" : "http1";
  const size = Math.min(input.length, HTTP2_PREFIX.length);
  for (let i = 0; i < size; i++) if (input[i] !== HTTP2_PREFIX.charCodeAt(i)) return "http1";
  return size === HTTP2_PREFIX.length ? "http2" : undefined;
}
