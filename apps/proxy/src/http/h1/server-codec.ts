import { lend } from "../../connection/read-memory.ts";
import type { Headers } from "../header-map.ts";
import { Framing } from "./body-framing.ts";
import { hasToken, mayNominate } from "./connection-tokens.ts";
import { Http1ExchangeQueue } from "./exchange-queue.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { isTarget, settleTarget } from "./request-target.ts";
import { settleUpgrade } from "./upgrade-offer.ts";

/**
 * HTTP/1.1, server side (RFC 9112). Here requests are read: what the parser finds is held to the rules that a server has for its
 * clients, and passed on to the request's stream.
 */
export class Http1ServerCodec extends Http1ExchangeQueue {
  onHead(headers: Headers): void {
    const { parser } = this;
    const { head } = parser;
    if (!isTarget(head)) {
      this.onParseError(Http1Errors.requestLine);
      return;
    }
    this.toHead = head.method === "HEAD";
    this.connectRequested = head.method === "CONNECT";
    const secure = this.connection.tls !== undefined;
    const error =
      this.checkHeaders(headers) ?? settleTarget(headers, head, parser.framing, secure, this.options);
    // As in Envoy, whose streams begin ahead of the head's lines, and whose version is that of the request once they are all read.
    if (error !== undefined) this.startStream();
    if (error !== Http1Errors.underscore) this.requestIsHttp10 = head.version === 10;
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
      this.endBehindRequest();
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
    const { options } = this;
    if (options.trailers && options.underscores !== "allow") {
      const error = this.checkUnderscores(trailers);
      if (error !== undefined) {
        this.onParseError(error);
        return;
      }
    }
    this.completeRequest();
    const { stream } = this;
    const fieldBytes = this.parser.takeFieldBytes();
    if (stream === undefined) return;
    if (options.trailers) {
      stream.meter.headerBytesReceived += fieldBytes;
      stream.decodeTrailers(trailers);
    } else stream.decodeData(EMPTY, true);
  }

  onParseError(error: Http1Error): void {
    this.parser.stop();
    this.reusable = false;
    // As Envoy: what was no request was no CONNECT, whose answer might open a tunnel.
    this.connectRequested = false;
    const stream = this.stream ?? this.startStream();
    if (!this.responseStarted) stream.onCodecError(error);
    this.callbacks.onProtocolError(error, false);
  }

  private checkHeaders(headers: Headers): Http1Error | undefined {
    const { fields, options } = { fields: headers.fields, options: this.options };
    this.upgradeRequested = false;
    let dropped = 0;
    let nominates = false;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? "";
      if (name === "connection") {
        nominates ||= !mayNominate(fields[i + 1] ?? "");
      } else if (name === "upgrade") {
        if (hasToken(headers.getAll("connection"), "upgrade")) this.upgradeRequested = true;
      } else if (options.underscores !== "allow" && name.includes("_")) {
        if (options.underscores === "reject") return this.refuseUnderscore();
        dropped++;
      }
    }
    if (dropped > 0) this.dropUnderscores(headers, dropped);
    if (nominates) return Http1Errors.nominated;
    if (this.upgradeRequested) this.upgradeRequested = settleUpgrade(headers, options.ignoredUpgrades);
    return undefined;
  }

  private checkUnderscores(trailers: Headers): Http1Error | undefined {
    const { fields } = trailers;
    let count = 0;
    for (let i = 0; i < fields.length; i += 2) if (fields[i]?.includes("_") === true) count++;
    if (count === 0) return undefined;
    if (this.options.underscores === "reject") return this.refuseUnderscore();
    this.dropUnderscores(trailers, count);
    return undefined;
  }

  private refuseUnderscore(): Http1Error {
    this.options.stats.requestsRejectedWithUnderscores.inc();
    return Http1Errors.underscore;
  }

  private dropUnderscores(headers: Headers, count: number): void {
    headers.removeWhere((name) => name.includes("_"));
    this.options.stats.droppedHeadersWithUnderscores.add(count);
    this.callbacks.onHeadersDropped(count);
  }
}

const EMPTY = Buffer.alloc(0);
