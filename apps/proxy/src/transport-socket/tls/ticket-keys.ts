import { hkdfSync } from "node:crypto";
import type { TlsSessionTicketKeys } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { ProblemSink } from "./problem-sink.ts";

/** Envoy's keys: name, HMAC key, AES key. */
const ENVOY_KEY_BYTES = 80;
/** OpenSSL's, as node:tls takes them. */
const KEY_BYTES = 48;

/**
 * The key under which tickets are made. OpenSSL's differ from Envoy's in size: proxies of this kind with the same key open each other's
 * tickets, a stock Envoy does not.
 */
export function ticketKeyOf(config: TlsSessionTicketKeys, sink: ProblemSink): Buffer | undefined {
  const [first] = checkTicketKeys(config, sink);
  if (first === undefined) return undefined;
  return Buffer.from(hkdfSync("sha256", first, "", "session ticket key", KEY_BYTES));
}

export function checkTicketKeys(config: TlsSessionTicketKeys, sink: ProblemSink): readonly Buffer[] {
  if (config.keys.length > 1)
    sink.at("keys[1]").add("only one key is implemented: tickets of former keys cannot be opened");
  return config.keys.flatMap((source, index) => {
    const at = sink.at(`keys[${index}]`);
    const bytes = at.read(source);
    if (bytes !== undefined && bytes.length !== ENVOY_KEY_BYTES)
      at.add(`incorrect TLS session ticket key length: ${bytes.length} bytes, ${ENVOY_KEY_BYTES} are needed`);
    return bytes ?? [];
  });
}
