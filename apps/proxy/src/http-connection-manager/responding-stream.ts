import type { ConnectionInfo, WatermarkCallbacks } from "@sluice/extension-api";
import type { ResponseEncoder, StreamProtocol, StreamResetReason } from "../http/codec.ts";
import type { Headers } from "../http/header-map.ts";
import { noteReset, resetReasonOf } from "../http/note-reset.ts";
import type { ForwardAction } from "../route/route-entry.ts";
import { decorateResponse } from "../tracing/decorate-span.ts";
import { countResponse } from "./count-stream.ts";
import { finishResponseHead } from "./finish-response-head.ts";
import { setProxyStatus } from "./proxy-status.ts";
import { ResponseWatermarks } from "./response-watermarks.ts";
import { RoutedStream } from "./routed-stream.ts";
import type { StreamOwner } from "./stream-owner.ts";
import type { ResponseWaiter, StreamTimers } from "./stream-timers.ts";

/**
 * A stream's way out, from the filters to the codec: the response with what every response says, what holds it back, and the
 * stream's end. That is when both messages are through, either side has reset it, or the answer came before the request's end: once,
 * by `finish`, which counts and logs it and gives back what was lent.
 */
export abstract class RespondingStream extends RoutedStream {
  isTunnel = false;
  protected readonly owner: StreamOwner;
  protected readonly encoder: ResponseEncoder;
  protected isConnect = false;
  protected requestDone = false;
  protected responseDone = false;
  /** Over: nothing is told or written any more. */
  protected done = false;
  /** Lent. */
  protected deadlines: StreamTimers;
  private watermarks: ResponseWatermarks | undefined = undefined;
  private responseHolds = 0;

  constructor(owner: StreamOwner, encoder: ResponseEncoder) {
    const { config } = owner;
    super(config, owner.connection, encoder.protocol);
    this.owner = owner;
    this.encoder = encoder;
    this.deadlines = config.streamTimers.lend();
  }

  /** Nothing passes the filters any more. */
  protected abstract destroyFilters(): void;

  get protocol(): StreamProtocol {
    return this.encoder.protocol;
  }

  /** The connection itself, with the peer that it came from, whoever the request is from. */
  get socketConnection(): ConnectionInfo {
    return this.owner.connection;
  }

  // ── the response ────────────────────────────────────────────────────────────────────────────────────────────────────

  writeInformational(headers: Headers): void {
    // Envoy answers 100-continue by itself and drops the upstream's, unless it is told to pass them on.
    if (this.done || !this.config.proxy100Continue) return;
    const status = Number(headers.get(":status") ?? "100");
    this.streamInfo.responseCode = status;
    countResponse(this.config, status);
    this.encoder.encode1xxHeaders(headers);
  }

  writeHeaders(headers: Headers, endStream: boolean): void {
    const { config, owner, streamInfo } = this;
    // As Envoy, nothing is told of what was no request.
    if (config.proxyStatus !== undefined && this.requestHeaders !== undefined)
      setProxyStatus(headers, streamInfo, config.proxyStatus);
    const status = Number(headers.get(":status") ?? "0");
    streamInfo.responseCode = status;
    this.response = headers;
    this.touch();
    streamInfo.firstDownstreamTxByteMs = this.sinceStart();
    const upgraded = this.isTunnel && (status === 101 || (this.isConnect && status < 300));
    finishResponseHead(headers, this.requestHeaders, status, config);
    if (this.span !== undefined) decorateResponse(this.span, headers, config.tracer?.outbound === true);
    owner.drainIfAsked();
    if (!this.requestDone) {
      config.stats.counters.downstream_rq_response_before_rq_complete.inc();
      // As Envoy: the request may take its time when it has been answered.
      this.deadlines.endRequest();
    }
    if (endStream) this.responseDone = true;
    this.encoder.encodeHeaders(headers, endStream);
    if (upgraded && config.accessLog.onTunnel) this.log("DownstreamTunnelSuccessfullyEstablished");
    if (endStream) this.afterResponse();
  }

  writeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.done) return;
    if (this.requestHeaders?.get(":method") !== "HEAD") this.streamInfo.bytesSent += chunk.length;
    if (endStream) this.responseDone = true;
    this.touch();
    this.encoder.encodeData(chunk, endStream);
    if (endStream) this.afterResponse();
  }

  writeTrailers(trailers: Headers): void {
    if (this.done) return;
    this.responseTrailers = trailers;
    this.responseDone = true;
    this.touch();
    this.encoder.encodeTrailers(trailers);
    this.afterResponse();
  }

  /** An early answer: the rest of the request is of no interest. */
  private afterResponse(): void {
    if (this.requestDone || this.done) return;
    // Envoy counts its own resets as received ones.
    this.config.stats.counters.downstream_rq_rx_reset.inc();
    this.resetEncoder();
    this.finish(false);
  }

  refuseReuse(): void {
    this.encoder.refuseReuse();
  }

  leaveUnread(): void {
    if (this.encoder.protocol === "HTTP/2") return;
    this.requestDone = false;
    this.encoder.leaveUnread();
  }

  // ── who waits for whom ──────────────────────────────────────────────────────────────────────────────────────────────

  readDisable(disable: boolean): void {
    if (this.done) return;
    const c = this.config.stats.counters;
    (disable
      ? c.downstream_flow_control_paused_reading_total
      : c.downstream_flow_control_resumed_reading_total
    ).inc();
    this.encoder.readDisable(disable);
  }

  setWatermarkCallbacks(callbacks: WatermarkCallbacks | undefined): void {
    const { encoder } = this;
    if (this.watermarks !== undefined) encoder.removeWatermarkCallbacks(this.watermarks);
    this.watermarks = undefined;
    if (callbacks === undefined) return;
    this.watermarks = new ResponseWatermarks(callbacks, encoder.aboveHighWatermark, this.responseHolds);
    encoder.addWatermarkCallbacks(this.watermarks);
  }

  holdResponse(hold: boolean): void {
    this.responseHolds += hold ? 1 : -1;
    this.watermarks?.hold(this.responseHolds);
  }

  /** The deadline of the router's exchange; a stream has one at a time. */
  awaitResponse(waiter: ResponseWaiter, timeoutMs: number): void {
    this.deadlines.awaitResponse(waiter, timeoutMs);
  }

  stopAwaitingResponse(waiter: ResponseWaiter): void {
    this.deadlines.stopAwaitingResponse(waiter);
  }

  protected override useLimits(forward: ForwardAction, headers: Headers): void {
    this.deadlines.useRoute(forward, headers, this.config, this.streamInfo.startNowMs);
  }

  protected touch(): void {
    this.deadlines.touch(this.responseDone);
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  onReset(reason: StreamResetReason, details: string): void {
    this.config.stats.counters.downstream_rq_rx_reset.inc();
    noteReset(this.streamInfo, reason, details, this.response !== undefined);
    this.finish(false);
  }

  onComplete(): void {
    this.finish(true);
  }

  abort(): void {
    if (this.done) return;
    this.config.stats.counters.downstream_rq_tx_reset.inc();
    this.config.stats.counters.downstream_rq_rx_reset.inc();
    this.resetEncoder();
    this.finish(false);
  }

  /** A tunnel may last for ever, and its listener goes. */
  endForDrain(): void {
    if (this.done) return;
    this.streamInfo.responseCodeDetails = "on_drain_deadline";
    this.abort();
  }

  private resetEncoder(): void {
    const { streamInfo } = this;
    const reason = resetReasonOf(streamInfo, this.isTunnel);
    const details = this.encoder.reset(reason);
    if (details !== "") noteReset(streamInfo, reason, details, this.response !== undefined);
  }

  protected finish(reusable: boolean): void {
    if (this.done) return;
    this.done = true;
    this.setWatermarkCallbacks(undefined);
    this.end(true);
    this.config.stats.rqActive.sub(1);
    if (this.isTunnel) {
      this.config.stats.cxUpgradesActive.sub(1);
      this.owner.onTunnelDone(this);
    }
    const lent = this.deadlines;
    this.deadlines = this.config.streamTimers.none;
    this.owner.onStreamDone(lent, reusable, this.streamInfo);
  }

  /** Of what has passed so far. `sent`: the client got the response. */
  protected end(sent: boolean): void {
    const { streamInfo } = this;
    const durationMs = this.sinceStart();
    streamInfo.durationMs = durationMs;
    if (this.responseDone) streamInfo.lastDownstreamTxByteMs = durationMs;
    // As Envoy: whoever logs what happens to the request in the end, as the router does of its tries, does so after it.
    this.conclude(durationMs, sent);
    this.destroyFilters();
  }
}
