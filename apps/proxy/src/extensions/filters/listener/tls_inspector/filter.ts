import {
  type Counter,
  type Histogram,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type ListenerFilterFactory,
  ListenerFilterStatus,
  type StatsScope,
} from "@sluice/extension-api";
import type { TlsInspector } from "@sluice/xds/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { asBuffer } from "../../../../connection/as-buffer.ts";
import {
  type ClientHelloMessage,
  readClientHello,
} from "../../../../transport-socket/tls/read-client-hello.ts";
import { ja3Fingerprint, ja4Fingerprint } from "./fingerprints.ts";

/** Default of `max_client_hello_size`, and the most that it can be. */
const CLIENT_HELLO_BYTES_MAX = 16 * 1024;
/** Records of one byte each are the worst case. */
const RECORD_OVERHEAD = 6;

const PARSE_FAILED = failureText("83", "CLIENTHELLO_PARSE_FAILED");

interface TlsInspectorConfig {
  readonly ja3: boolean;
  readonly ja4: boolean;
  readonly closesOnErrors: boolean;
  readonly helloBytesMax: number;
  readonly stats: TlsInspectorStats;
}

interface TlsInspectorStats {
  readonly tooLarge: Counter;
  readonly tlsFound: Counter;
  readonly tlsNotFound: Counter;
  readonly alpnFound: Counter;
  readonly alpnNotFound: Counter;
  readonly sniFound: Counter;
  readonly sniNotFound: Counter;
  readonly bytesProcessed: Histogram;
}

class TlsInspectorFilter implements ListenerFilter {
  readonly readBytesMax: number;
  private readonly config: TlsInspectorConfig;
  private callbacks: ListenerFilterCallbacks | undefined = undefined;

  constructor(config: TlsInspectorConfig) {
    this.config = config;
    this.readBytesMax = config.helloBytesMax * RECORD_OVERHEAD;
  }

  onAccept(callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    this.callbacks = callbacks;
    return ListenerFilterStatus.StopIteration;
  }

  onData(bytes: Uint8Array): ListenerFilterStatus {
    const { config, callbacks } = this;
    const { stats } = config;
    const result = readClientHello(asBuffer(bytes), config.helloBytesMax);
    switch (result.state) {
      case "more":
        return ListenerFilterStatus.StopIteration;
      case "found":
        stats.bytesProcessed.record(result.bytes);
        this.onHello(result.hello);
        return ListenerFilterStatus.Continue;
      case "notTls":
        stats.tlsNotFound.inc();
        if (callbacks !== undefined) callbacks.accepted.transportFailureReason = whyNotTls(asBuffer(bytes));
        break;
      case "malformed":
        stats.tlsNotFound.inc();
        if (callbacks !== undefined) callbacks.accepted.transportFailureReason = PARSE_FAILED;
        if (config.closesOnErrors) {
          callbacks?.close("malformed ClientHello");
          return ListenerFilterStatus.StopIteration;
        }
        break;
      case "tooLarge":
        stats.tooLarge.inc();
        stats.bytesProcessed.record(bytes.length);
        callbacks?.close("ClientHello too large");
        return ListenerFilterStatus.StopIteration;
    }
    stats.bytesProcessed.record(bytes.length);
    return ListenerFilterStatus.Continue;
  }

  private onHello(hello: ClientHelloMessage): void {
    const { config, callbacks } = this;
    if (callbacks === undefined) return;
    const { accepted } = callbacks;
    const { stats } = config;
    stats.tlsFound.inc();
    accepted.transportProtocol = "tls";
    (hello.serverName === undefined ? stats.sniNotFound : stats.sniFound).inc();
    accepted.requestedServerName = hello.serverName?.toLowerCase();
    (hello.applicationProtocols.length === 0 ? stats.alpnNotFound : stats.alpnFound).inc();
    accepted.applicationProtocols = hello.applicationProtocols;
    if (config.ja3) accepted.ja3 = ja3Fingerprint(hello);
    if (config.ja4) accepted.ja4 = ja4Fingerprint(hello);
  }
}

const HTTP_REQUEST = failureText("9c", "HTTP_REQUEST");
const HTTPS_PROXY_REQUEST = failureText("9b", "HTTPS_PROXY_REQUEST");
const WRONG_VERSION = failureText("f7", "WRONG_VERSION_NUMBER");
const TOO_LONG = failureText("92", "ENCRYPTED_LENGTH_TOO_LONG");
const UNEXPECTED_RECORD = failureText("e1", "UNEXPECTED_RECORD");
const UNEXPECTED_MESSAGE = failureText("df", "UNEXPECTED_MESSAGE");
const MESSAGE_TOO_LONG = failureText("96", "EXCESSIVE_MESSAGE_SIZE");
/** Record types (RFC 8446, section 5.1) and a message's, in front of its length. */
const ALERT = 21;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MESSAGE_BYTES_MAX = 16_384;
/** With what encryption may add to a record. */
const ENCRYPTED_BYTES_MAX = 16_384 + 256 + 64;

function failureText(code: string, reason: string): string {
  return `TLS_error|error:100000${code}:SSL routines:OPENSSL_internal:${reason}:TLS_error_end`;
}

/** What Envoy's library says of bytes (at least a record's head) that begin no TLS; undefined: not known here. */
function whyNotTls(bytes: Buffer): string | undefined {
  const begin = bytes.toString("latin1", 0, 5);
  if (/^(?:GET |PUT |POST |HEAD )/.test(begin)) return HTTP_REQUEST;
  if (begin === "CONNE") return HTTPS_PROXY_REQUEST;
  if (bytes[1] !== 3) return WRONG_VERSION;
  if (bytes.readUInt16BE(3) > ENCRYPTED_BYTES_MAX) return TOO_LONG;
  if (bytes[0] !== HANDSHAKE) return bytes[0] === ALERT ? undefined : UNEXPECTED_RECORD;
  if (bytes.length < 9) return undefined;
  if (bytes.readUIntBE(6, 3) > MESSAGE_BYTES_MAX) return MESSAGE_TOO_LONG;
  return bytes[5] === CLIENT_HELLO ? undefined : UNEXPECTED_MESSAGE;
}

function createStats(root: StatsScope): TlsInspectorStats {
  const scope = root.scope("tls_inspector");
  return {
    tooLarge: scope.counter("client_hello_too_large"),
    tlsFound: scope.counter("tls_found"),
    tlsNotFound: scope.counter("tls_not_found"),
    alpnFound: scope.counter("alpn_found"),
    alpnNotFound: scope.counter("alpn_not_found"),
    sniFound: scope.counter("sni_found"),
    sniNotFound: scope.counter("sni_not_found"),
    bytesProcessed: scope.histogram("bytes_processed"),
  };
}

export const tlsInspectorFactory: ListenerFilterFactory<TlsInspectorConfig> = {
  compile: (message, context) => {
    const config = asConfig(message);
    return {
      ok: true,
      value: {
        ja3: config.enableJa3Fingerprinting ?? false,
        ja4: config.enableJa4Fingerprinting ?? false,
        closesOnErrors: config.closeConnectionOnClientHelloParsingErrors,
        helloBytesMax: Math.min(config.maxClientHelloSize ?? CLIENT_HELLO_BYTES_MAX, CLIENT_HELLO_BYTES_MAX),
        stats: createStats(context.stats),
      },
    };
  },
  create: (config) => new TlsInspectorFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): TlsInspector {
  return message as TlsInspector;
}
