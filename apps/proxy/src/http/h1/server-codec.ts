import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { CompiledStringMatcher } from "@sluice/matching";
import { accountForRead, keepRead, lend } from "../../connection/read-memory.ts";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import type {
  RequestStream,
  ResponseEncoder,
  ServerCodec,
  ServerCodecCallbacks,
  StreamResetReason,
} from "../codec.ts";
import type { Headers } from "../header-map.ts";
import type { HeaderCase } from "./header-case.ts";
import { type HeaderSpelling, writtenCase } from "./header-spelling.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Framing, Http1Parser, type Http1ParserSink } from "./http1-parser.ts";
import { isAuthority } from "./octet-classes.ts";
import { informationalHead, responseHead, trailerSection } from "./serialize-head.ts";

export interface Http1ServerOptions {
  readonly headBytesMax: number;
  readonly headersMax: number;
  /** `accept_http_10`. */
  readonly acceptHttp10: boolean;
  /** `default_host_for_http_10`, "" for none. */
  readonly defaultHostForHttp10: string;
  /** `enable_trailers`; otherwise trailers are read and dropped. */
  readonly trailers: boolean;
  readonly underscores: "allow" | "reject" | "drop";
  /** `allow_custom_methods`. */
  readonly anyMethod: boolean;
  /** `allow_chunked_length`. */
  readonly allowChunkedLength: boolean;
  /** `allow_absolute_url`; where false such a target is taken for a path, which nothing serves. */
  readonly allowAbsoluteUrl: boolean;
  /** `ignore_http_11_upgrade`: offers to upgrade that are not heard. */
  readonly ignoredUpgrades: readonly CompiledStringMatcher[];
  /** `override_stream_error_on_invalid_http_message`: a 400 of our own need not end the connection. */
  readonly keepsOpenOnInvalidMessage: boolean;
  /** `header_key_format`. */
  readonly spelling: HeaderSpelling;
}

/**
 * HTTP/1.1, server side (RFC 9112). One request at a time: pipelined ones wait in the parser until the answer before them is
 * out. The codec is its only stream's response encoder, so that a request allocates neither.
 */
export class Http1ServerCodec implements Http1ParserSink, ResponseEncoder, ServerCodec {
  readonly multiplexed = false;
  reusable = true;
  private requestIsHttp10 = false;
  private readonly connection: SocketConnection;
  private readonly callbacks: ServerCodecCallbacks;
  private readonly options: Http1ServerOptions;
  private readonly parser: Http1Parser;
  private readonly spelling: HeaderCase | undefined;
  private stream: RequestStream | undefined = undefined;
  private requestComplete = false;
  private responseStarted = false;
  private responseComplete = false;
  private chunked = false;
  private toHead = false;
  private upgradeRequested = false;
  private connectRequested = false;
  private waitingReadPaused = false;

  constructor(connection: SocketConnection, callbacks: ServerCodecCallbacks, options: Http1ServerOptions) {
    this.connection = connection;
    this.callbacks = callbacks;
    this.options = options;
    this.parser = new Http1Parser(true, this, options);
    this.parser.acceptHttp10 = options.acceptHttp10;
    this.parser.anyMethod = options.anyMethod;
    this.spelling = writtenCase(options.spelling);
  }

  get protocol(): "HTTP/1.0" | "HTTP/1.1" {
    return this.requestIsHttp10 ? "HTTP/1.0" : "HTTP/1.1";
  }

  /** True while a request is being read or answered. */
  get busy(): boolean {
    return this.stream !== undefined || this.parser.inMessage;
  }

  get readingHead(): boolean {
    return this.stream === undefined && this.parser.inMessage;
  }

  dispatch(chunk: Buffer): void {
    accountForRead();
    this.parser.execute(chunk);
    if (!this.parser.hasPendingInput) return;
    keepRead();
    if (!this.waitingReadPaused) {
      this.waitingReadPaused = true;
      this.connection.readDisable(true);
    }
  }

  /** No callback follows. */
  stop(): void {
    this.parser.stop();
    this.stream = undefined;
  }

  /** The connection is gone. */
  onConnectionClosed(): void {
    const { stream } = this;
    this.stop();
    stream?.onReset("connection termination", "");
  }

  notifyShutdown(): void {
    this.reusable = false;
  }

  goAway(): void {
    this.reusable = false;
  }

  refuseReuse(): void {
    if (!this.options.keepsOpenOnInvalidMessage) this.reusable = false;
  }

  failHead(): void {
    this.reusable = false;
    this.startStream().onHeadTimeout();
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  onHead(headers: Headers): void {
    const { parser } = this;
    this.requestIsHttp10 = parser.version === 10;
    this.toHead = parser.method === "HEAD";
    this.connectRequested = parser.method === "CONNECT";
    this.upgradeRequested = false;
    const error = this.settleTarget(headers) ?? this.checkHeaders(headers);
    if (error !== undefined) {
      this.onParseError(error);
      return;
    }
    const connectionHeader = headers.getAll("connection");
    if (
      this.requestIsHttp10
        ? !hasToken(connectionHeader, "keep-alive")
        : connectionHeader !== undefined && hasToken(connectionHeader, "close")
    )
      this.reusable = false;
    if (this.connectRequested || this.upgradeRequested) parser.becomeTunnel = true;
    const endStream = parser.framing === Framing.None && !parser.becomeTunnel;
    if (endStream) this.completeRequest();
    const stream = this.startStream();
    stream.decodeHeaders(headers, endStream);
  }

  onBody(chunk: Buffer, endStream: boolean): void {
    if (endStream) this.completeRequest();
    lend(chunk);
    this.stream?.decodeData(chunk, endStream);
  }

  onTrailers(trailers: Headers): void {
    this.completeRequest();
    if (this.options.trailers) this.stream?.decodeTrailers(trailers);
    else this.stream?.decodeData(EMPTY, true);
  }

  onMessageComplete(): void {
    // `completeRequest` has run with the event before.
  }

  onParseError(error: Http1Error): void {
    this.parser.stop();
    this.reusable = false;
    const stream = this.stream ?? this.startStream();
    if (!this.responseStarted) stream.onCodecError(error);
    this.callbacks.onProtocolError(error);
  }

  private startStream(): RequestStream {
    this.responseStarted = false;
    this.responseComplete = false;
    this.chunked = false;
    const stream = this.callbacks.newStream(this);
    this.stream = stream;
    return stream;
  }

  private completeRequest(): void {
    this.requestComplete = true;
    this.parser.pause();
    if (this.responseComplete) this.finishExchange();
  }

  /** Origin, absolute, authority and asterisk form (RFC 9112 §3.2) → `:path` and `:authority`. */
  private settleTarget(headers: Headers): Http1Error | undefined {
    const { parser } = this;
    const { target } = parser;
    const { fields } = headers;
    let hasAuthority = parser.hasHost;
    if (this.connectRequested) {
      if (!isAuthority(target) || target.includes("@") || !/:\d+$/.test(target)) return Http1Errors.url;
      if (parser.framing === Framing.Chunked) return Http1Errors.transferEncoding;
      if (parser.framing !== Framing.None) return Http1Errors.connectBody;
      fields[5] = target;
      hasAuthority = true;
      headers.remove(":path");
    } else if (target.charCodeAt(0) !== 47) {
      if (target === "*") {
        if (parser.method !== "OPTIONS") return Http1Errors.url;
      } else if (this.options.allowAbsoluteUrl) {
        const scheme = target.indexOf("://");
        if (scheme <= 0) return Http1Errors.requestLine;
        const name = target.slice(0, scheme).toLowerCase();
        if (name !== "http" && name !== "https") return Http1Errors.scheme;
        const rest = target.slice(scheme + 3);
        const slash = rest.search(/[/?#]/);
        const whole = slash < 0 ? rest : rest.slice(0, slash);
        const authority = withoutUserinfo(whole);
        if (authority === "" || !isAuthority(whole) || !hasPlausiblePort(authority)) return Http1Errors.url;
        const path = slash < 0 ? "/" : rest.slice(slash);
        fields[3] = path.startsWith("/") ? path : `/${path}`;
        fields[5] = authority;
        fields[7] = name;
        hasAuthority = true;
      }
    }
    if (!hasAuthority) {
      if (parser.version === 10 && this.options.defaultHostForHttp10 !== "") {
        fields[5] = this.options.defaultHostForHttp10;
      } else headers.remove(":authority");
      return undefined;
    }
    const authority = headers.get(":authority") ?? "";
    return isAuthority(authority) ? undefined : Http1Errors.authority;
  }

  private checkHeaders(headers: Headers): Http1Error | undefined {
    const { fields, options } = { fields: headers.fields, options: this.options };
    let dropped = 0;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? "";
      if (name === "connection") {
        if (!mayNominate(fields[i + 1] ?? "")) return Http1Errors.nominated;
      } else if (name === "upgrade") {
        if (hasToken(headers.getAll("connection"), "upgrade")) this.upgradeRequested = true;
      } else if (options.underscores !== "allow" && name.includes("_")) {
        if (options.underscores === "reject") return Http1Errors.underscore;
        dropped++;
      }
    }
    if (dropped > 0) {
      headers.removeWhere((name) => name.includes("_"));
      this.callbacks.onHeadersDropped(dropped);
    }
    if (this.upgradeRequested && options.ignoredUpgrades.length > 0) this.ignoreUpgrades(headers);
    if (this.upgradeRequested && headers.getAll("upgrade")?.toLowerCase() === "h2c") {
      // An offer that may be declined (RFC 9110 §7.8): go on in HTTP/1.1.
      headers.remove("upgrade");
      headers.remove("http2-settings");
      headers.set(
        "connection",
        withoutTokens(headers.getAll("connection") ?? "", ["upgrade", "http2-settings"]),
      );
      this.upgradeRequested = false;
    }
    return undefined;
  }

  private ignoreUpgrades(headers: Headers): void {
    const { ignoredUpgrades } = this.options;
    const kept = (headers.getAll("upgrade") ?? "")
      .split(",")
      .map((offer) => offer.trim())
      .filter((offer) => !ignoredUpgrades.some((matcher) => matcher.matches(offer)));
    if (kept.length > 0) {
      headers.set("upgrade", kept.join(","));
      return;
    }
    headers.remove("upgrade");
    const connection = withoutTokens(headers.getAll("connection") ?? "", ["upgrade"]);
    if (connection === "") headers.remove("connection");
    else headers.set("connection", connection);
    this.upgradeRequested = false;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  encode1xxHeaders(headers: Headers): void {
    this.connection.write(
      informationalHead(headers, Number(headers.get(":status") ?? "100"), this.spelling),
      false,
    );
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    const status = Number(headers.get(":status") ?? "200");
    this.responseStarted = true;
    const tunnel =
      (this.upgradeRequested && status === 101) || (this.connectRequested && status >= 200 && status < 300);
    if (!tunnel) this.settleReuse(headers, endStream);
    const head = responseHead(headers, status, endStream, {
      toHead: this.toHead,
      tunnel,
      http10: this.requestIsHttp10,
      spelling: this.spelling,
    });
    this.chunked = head.chunked;
    this.connection.write(head.text, false);
    if (endStream) this.endResponse();
  }

  /** Says whether the connection stays: not behind an early answer, nor behind an HTTP/1.0 body that the close ends. */
  private settleReuse(headers: Headers, endStream: boolean): void {
    if (!this.requestComplete) this.reusable = false;
    if (this.requestIsHttp10 && !endStream && !headers.has("content-length")) this.reusable = false;
    if (!this.reusable) headers.append("connection", "close");
    else if (this.requestIsHttp10) headers.append("connection", "keep-alive");
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.toHead) {
      if (endStream) this.endResponse();
      return;
    }
    const { connection } = this;
    if (!this.chunked) {
      if (chunk.length > 0) connection.write(chunk, false);
    } else {
      if (chunk.length > 0) {
        connection.write(`${chunk.length.toString(16)}\r\n`, false);
        connection.write(chunk, false);
        connection.write(endStream ? "\r\n0\r\n\r\n" : "\r\n", false);
      } else if (endStream) connection.write("0\r\n\r\n", false);
    }
    if (endStream) this.endResponse();
  }

  encodeTrailers(trailers: Headers): void {
    if (this.chunked)
      this.connection.write(
        this.options.trailers ? trailerSection(trailers, this.spelling) : "0\r\n\r\n",
        false,
      );
    this.endResponse();
  }

  /** The manager closes the connection behind what is written: all that is left is to end the message visibly short. */
  reset(_reason: StreamResetReason): void {
    this.reusable = false;
    this.stop();
  }

  readDisable(disable: boolean): void {
    this.connection.readDisable(disable);
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.addWatermarkCallbacks(callbacks);
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.removeWatermarkCallbacks(callbacks);
  }

  get aboveHighWatermark(): boolean {
    return this.connection.aboveHighWatermark;
  }

  private endResponse(): void {
    this.responseComplete = true;
    if (this.requestComplete) this.finishExchange();
  }

  private finishExchange(): void {
    const { stream } = this;
    this.stream = undefined;
    this.requestComplete = false;
    this.responseComplete = false;
    stream?.onComplete();
    if (this.connection.state !== "open") return;
    if (this.waitingReadPaused) {
      this.waitingReadPaused = false;
      this.connection.readDisable(false);
    }
    this.parser.resume();
    if (this.parser.hasPendingInput && !this.waitingReadPaused) {
      this.waitingReadPaused = true;
      this.connection.readDisable(true);
    }
  }
}

const EMPTY = Buffer.alloc(0);

/** Names that a client could make a proxy forget by listing them in Connection (RFC 9110 §7.6.1), as in Envoy. */
const NOT_NOMINATED: ReadonlySet<string> = new Set([
  "host",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
]);
const NOMINATED_MAX = 9;

function mayNominate(connection: string): boolean {
  if (!connection.includes(",") && connection.length < 4) return true;
  const tokens = connection.split(",");
  if (tokens.length > NOMINATED_MAX) return false;
  return !tokens.some((token) => {
    const name = token.trim().toLowerCase();
    return name.charCodeAt(0) === 58 || NOT_NOMINATED.has(name);
  });
}

/** RFC 9110 §4.2.4: nothing is to be made of `user:password@`. */
function withoutUserinfo(authority: string): string {
  return authority.slice(authority.lastIndexOf("@") + 1);
}

function hasPlausiblePort(authority: string): boolean {
  const port = /:(\d*)$/.exec(authority)?.[1];
  return port === undefined || Number(port) <= 65_535;
}

/** Whether a comma-separated list holds `token` (lower case). */
export function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  if (list === token) return true;
  if (!list.includes(",")) return list.trim().toLowerCase() === token;
  return list.split(",").some((item) => item.trim().toLowerCase() === token);
}

function withoutTokens(list: string, tokens: readonly string[]): string {
  return list
    .split(",")
    .filter((item) => !tokens.includes(item.trim().toLowerCase()))
    .join(",");
}
