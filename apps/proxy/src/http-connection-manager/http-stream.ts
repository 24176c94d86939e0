import {
  type Clock,
  type ConnectionInfo,
  type Random,
  ResponseFlag,
  type Timers,
  type UpstreamOverrideHost,
  type WatermarkCallbacks,
} from "@sluice/extension-api";
import { isGrpcRequest } from "@sluice/matching";
import type {
  CodecError,
  HeadTimeout,
  RequestStream,
  ResponseEncoder,
  StreamProtocol,
  StreamResetReason,
} from "../http/codec.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import { isUpgrade } from "../http/h1/connection-tokens.ts";
import { Headers } from "../http/header-map.ts";
import { noteReset, resetReasonOf } from "../http/note-reset.ts";
import { statusPhrase } from "../http/status-text.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import { filterIsOn } from "../http-filter/filter-is-on.ts";
import { FilterManager } from "../http-filter/filter-manager.ts";
import type { LocalReplyContent } from "../http-filter/local-reply.ts";
import type { StreamHost } from "../http-filter/stream-host.ts";
import { StreamMatchingData } from "../http-filter/stream-matching-data.ts";
import { LoadShedPoint } from "../overload/overload-state.ts";
import { findRoute } from "../route/find-route.ts";
import { HTTPS_REDIRECT } from "../route/require-tls.ts";
import type { RouteEntry } from "../route/route-entry.ts";
import { refreshRoute } from "../route/route-payload.ts";
import { decorateResponse } from "../tracing/decorate-span.ts";
import { admitRequest, type Refusal } from "./admit-request.ts";
import { chooseChain } from "./choose-chain.ts";
import { keepConnectPort } from "./connect-port.ts";
import type { HttpConnectionManager } from "./connection-manager.ts";
import { countResponse } from "./count-stream.ts";
import { finishResponseHead } from "./finish-response-head.ts";
import { forwardClientCert } from "./forward-client-cert.ts";
import { prepareHost, prepareRequestHeaders, removeNominated } from "./prepare-request.ts";
import { setProxyStatus } from "./proxy-status.ts";
import { ResponseWatermarks } from "./response-watermarks.ts";
import { routesOf } from "./scoped-routes.ts";
import { StreamConnectionInfo } from "./stream-connection-info.ts";
import { StreamRecord } from "./stream-record.ts";
import type { ResponseWaiter, StreamTimers, TimedStream } from "./stream-timers.ts";
import { tellCluster } from "./tell-cluster.ts";

let nextStreamId = 1;

/**
 * One request and its response, between the codec and the filters.
 *
 * The codec hands in the request (`decode…`), once its head was made what the connection manager lets pass: it may be answered
 * before any filter sees it. The filters hand back the response (`write…`). Both messages through, a reset by either side or an
 * answer before the request's end are the end of it: once, by `finish`, which counts and logs it and gives back what was lent.
 * Deadlines answer as any failure does, by a local reply through the filters. What is told of it is its `StreamRecord`.
 */
export class HttpStream extends StreamRecord implements RequestStream, StreamHost, TimedStream {
  readonly streamId: number = nextStreamId++;
  overrideHost: UpstreamOverrideHost | undefined = undefined;
  isTunnel = false;
  isGrpc = false;

  private readonly manager: HttpConnectionManager;
  private readonly encoder: ResponseEncoder;
  private filters: FilterManager;
  private readonly routeRandom: number;
  private cachedRoute: RouteEntry | undefined = undefined;
  private routeKnown = false;
  private isConnect = false;
  /** Its head was let pass: it has a route, if there is one for it. */
  private admitted = false;
  private requestDone = false;
  private responseDone = false;
  private done = false;
  private watermarks: ResponseWatermarks | undefined = undefined;
  private responseHolds = 0;
  private deadlines: StreamTimers;

  constructor(manager: HttpConnectionManager, encoder: ResponseEncoder) {
    const { config } = manager;
    super(config, manager.connection, encoder.protocol);
    this.manager = manager;
    this.encoder = encoder;
    this.routeRandom = config.worker.random.uint32();
    this.filters = new FilterManager(this);
    this.deadlines = config.streamTimers.lend();
    this.deadlines.begin(this, config, this.streamInfo.startNowMs);
  }

  get protocol(): StreamProtocol {
    return this.encoder.protocol;
  }
  get clock(): Clock {
    return this.config.worker.clock;
  }
  get timers(): Timers {
    return this.config.worker.timers;
  }
  get random(): Random {
    return this.config.worker.random;
  }
  get bufferLimitBytes(): number {
    return this.config.bufferLimitBytes;
  }
  /** What a request's head may be. */
  get headLimits(): { readonly headBytesMax: number; readonly headersMax: number } {
    return this.config.http2;
  }

  // ── from the codec ──────────────────────────────────────────────────────────────────────────────────────────────────

  decodeHeaders(headers: Headers, endStream: boolean): undefined {
    const { config, manager, encoder } = this;
    this.requestHeaders = headers;
    this.isGrpc = isGrpcRequest(headers);
    this.streamInfo.protocol = encoder.protocol;
    if (endStream) this.endRequest();
    if (this.isShed()) return this.replyOverloaded();
    const connectionHeader = headers.getAll("connection");
    const isConnect = headers.get(":method") === "CONNECT";
    // As Envoy: to whom a tunnel leads hears of the connection, and of what goes with it.
    if (connectionHeader !== undefined && !isConnect && !isUpgrade(headers))
      removeNominated(headers, connectionHeader);
    if (!config.proxy100Continue && headers.get("expect")?.toLowerCase() === "100-continue") {
      countResponse(config, 100);
      this.streamInfo.responseCode = 100;
      encoder.encode1xxHeaders(new Headers([":status", "100"]));
      headers.remove("expect");
    }
    manager.countUserAgent(headers);
    const refusal = admitRequest(headers, isConnect, config);
    if (refusal !== undefined) return this.refuse(refusal, headers);
    const { localAddress } = manager.connection;
    const port = prepareHost(headers, config, localAddress.slice(localAddress.lastIndexOf(":") + 1));
    if (port !== undefined && (isConnect || (encoder.protocol === "HTTP/2" && headers.has("upgrade"))))
      keepConnectPort(this.streamInfo, port);
    for (const mutation of config.earlyHeaderMutations) mutation.mutate(headers, this);
    const upgrades = isUpgrade(headers);
    const upgradeType = upgrades ? (headers.get("upgrade") ?? "").toLowerCase() : isConnect ? "connect" : "";
    this.isConnect = isConnect;
    const verdict = prepareRequestHeaders(headers, manager.connection, config, upgrades);
    if (verdict.remoteAddress !== this.connection.remoteAddress) {
      this.connection = new StreamConnectionInfo(manager.connection, verdict.remoteAddress);
    }
    if (verdict.rejectStatus === undefined) this.forwardClientCert(headers);
    else {
      config.stats.counters.downstream_rq_rejected_via_ip_detection.inc();
      withoutEmptyScheme(headers);
      return this.reply(verdict.rejectStatus, "", "rejecting_because_detection_failed");
    }
    if (config.routeFigures !== undefined) this.route();
    this.traceByRoute(headers);
    this.admitted = true;
    // A CONNECT that no route takes is no upgrade, whatever it asks for: the router answers it.
    const opensTunnel = upgradeType !== "" && !(isConnect && this.route() === undefined);
    const chain = opensTunnel ? chooseChain(config, upgradeType, this.route()?.action) : config.filters;
    if (chain === undefined) {
      config.stats.counters.downstream_rq_ws_on_non_ws_route.inc();
      this.createChain(config.filters);
      return this.filters.sendLocalReply(403, "", "upgrade_failed");
    }
    this.createChain(chain);
    if (config.accessLog.onNewRequest) {
      this.route();
      this.log("DownstreamStart");
    }
    if (opensTunnel) {
      this.isTunnel = true;
      config.stats.counters.downstream_cx_upgrades_total.inc();
      config.stats.cxUpgradesActive.add(1);
      this.manager.onTunnel(this);
    }
    this.filters.request.begin(headers, endStream);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.streamInfo.bytesReceived += chunk.length;
    this.touch();
    if (endStream) this.endRequest();
    if (!this.done) this.filters.request.data(chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.endRequest();
    if (!this.done) this.filters.request.end(trailers);
  }

  onCodecError(error: CodecError): void {
    const { config, filters } = this;
    const { status, details } = error;
    if (details === "overload") config.stats.counters.downstream_rq_overload_close.inc();
    if (this.requestHeaders === undefined) this.createChain(config.filters);
    const flag = ResponseFlag.DownstreamProtocolError;
    filters.sendLocalReply(status, statusPhrase(status), details, undefined, undefined, flag);
  }

  get heldBytes(): number {
    return this.filters.heldBytes;
  }

  onReset(reason: StreamResetReason, details: string): void {
    this.config.stats.counters.downstream_rq_rx_reset.inc();
    noteReset(this.streamInfo, reason, details, this.response !== undefined);
    this.finish(false);
  }

  onComplete(): void {
    this.finish(true);
  }

  // ── timeouts ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onIdleTimeout(): undefined {
    if (this.responseDone) {
      this.encoder.timeOutFlush();
      this.finish(false);
      return;
    }
    this.config.stats.counters.downstream_rq_idle_timeout.inc();
    this.streamInfo.setResponseFlag(ResponseFlag.StreamIdleTimeout);
    // Envoy: nothing of the request has been passed on or all of it has: 504, else 408.
    this.filters.sendLocalReply(this.requestDone ? 504 : 408, "stream timeout", "stream_idle_timeout");
  }

  onRequestTimeout(): undefined {
    this.config.stats.counters.downstream_rq_timeout.inc();
    this.filters.sendLocalReply(408, "request timeout", "request_overall_timeout");
  }

  onMaxDuration(): undefined {
    this.config.stats.counters.downstream_rq_max_duration_reached.inc();
    const status = this.requestDone ? 504 : 408;
    const { filters } = this;
    filters.sendLocalReply(
      status,
      "downstream duration timeout",
      "max_duration_timeout",
      undefined,
      DEADLINE_EXCEEDED,
    );
  }

  onLogInterval(): void {
    this.log("DownstreamPeriodic");
    this.deadlines.beginLogInterval(this.config);
  }

  onHeadTimeout(which: HeadTimeout): undefined {
    this.createChain(this.config.filters);
    if (which === "request") return this.onRequestTimeout();
    if (which === "idle") return this.onIdleTimeout();
    if (which === "duration") return this.onMaxDuration();
    this.config.stats.counters.downstream_rq_header_timeout.inc();
    this.filters.sendLocalReply(408, "request header timeout", "request_header_timeout");
  }

  // ── for the filters ─────────────────────────────────────────────────────────────────────────────────────────────────

  route(): RouteEntry | undefined {
    if (!this.routeKnown) {
      this.routeKnown = true;
      const { routeFigures } = this.config;
      this.cachedRoute =
        routeFigures === undefined
          ? this.findRoute()
          : routeFigures.measure(this.streamInfo, () => this.findRoute());
    }
    return this.cachedRoute;
  }

  private findRoute(): RouteEntry | undefined {
    const { requestHeaders: headers, config, streamInfo } = this;
    if (headers === undefined) return undefined;
    const { runtime } = config.worker;
    const table = routesOf(headers, config.routes, config.scopes)?.current;
    const entry = findRoute(table, headers, this.routeRandom, this, runtime);
    if (entry === undefined) {
      tellCluster(streamInfo, undefined, undefined);
      return undefined;
    }
    streamInfo.routeName = entry.name;
    streamInfo.virtualHostName = entry.virtualHostName;
    const { action, clusterName } = entry;
    if (action.kind === "forward") {
      this.deadlines.useRoute(action.forward, headers, config, streamInfo.startNowMs);
    }
    // Also of requests that never get there, as Envoy.
    tellCluster(
      streamInfo,
      clusterName,
      clusterName === undefined ? undefined : config.worker.clusters.get(clusterName)?.info,
    );
    return entry;
  }

  /** The request's route, its cluster chosen anew; `tried`: see `refreshRoute`. */
  refreshRoute(entry: RouteEntry, tried: Set<number>): RouteEntry | undefined {
    const { requestHeaders: headers, config } = this;
    return headers && refreshRoute(entry, tried, headers, this.routeRandom, this, config.worker.runtime);
  }

  /** Asks for routes that are not here, where they can be had on demand. See `FetchRoutes`. */
  fetchRoutes(done: () => void): (() => void) | undefined {
    const { requestHeaders: headers, config } = this;
    if (headers === undefined) return undefined;
    return routesOf(headers, config.routes, config.scopes)?.fetch?.(headers, done);
  }

  /** The deadline of the router's exchange; a stream has one at a time. */
  awaitResponse(waiter: ResponseWaiter, timeoutMs: number): void {
    this.deadlines.awaitResponse(waiter, timeoutMs);
  }

  stopAwaitingResponse(waiter: ResponseWaiter): void {
    this.deadlines.stopAwaitingResponse(waiter);
  }

  clearRouteCache(): void {
    this.routeKnown = false;
    this.cachedRoute = undefined;
  }

  writeInformational(headers: Headers): void {
    // Envoy answers 100-continue by itself and drops the upstream's, unless it is told to pass them on.
    if (this.done || !this.config.proxy100Continue) return;
    const status = Number(headers.get(":status") ?? "100");
    this.streamInfo.responseCode = status;
    countResponse(this.config, status);
    this.encoder.encode1xxHeaders(headers);
  }

  writeHeaders(headers: Headers, endStream: boolean): void {
    const { config, manager, streamInfo } = this;
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
    manager.drainIfAsked();
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
    this.config.stats.counters.downstream_rq_tx_reset.inc();
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

  readDisable(disable: boolean): void {
    if (this.done) return;
    const c = this.config.stats.counters;
    (disable
      ? c.downstream_flow_control_paused_reading_total
      : c.downstream_flow_control_resumed_reading_total
    ).inc();
    this.encoder.readDisable(disable);
  }

  /** As Envoy: answers in the place of a cluster's responses are treated as they are, whichever filter gives them. */
  finalizeLocalReply(headers: Headers): void {
    const { cachedRoute } = this;
    if (cachedRoute?.action.kind === "forward") cachedRoute.finalizeResponse(headers, this);
  }

  rewriteLocalReply(headers: Headers, status: number, body: string): LocalReplyContent | undefined {
    const { config } = this;
    // The filters that it passes may ask.
    this.setResponseCode(status);
    if (config.localReplies === undefined) return undefined;
    this.response = headers;
    return config.localReplies.rewrite(headers, status, body, this);
  }

  get routeMetadata(): Readonly<Record<string, unknown>> | undefined {
    return this.cachedRoute?.metadata;
  }

  get virtualHostMetadata(): Readonly<Record<string, unknown>> | undefined {
    const { cachedRoute, requestHeaders, config } = this;
    if (!this.routeKnown || (cachedRoute !== undefined && cachedRoute !== HTTPS_REDIRECT))
      return cachedRoute?.virtualHostMetadata;
    // The virtual host is known where it had no route for the request.
    if (requestHeaders === undefined) return undefined;
    const table = routesOf(requestHeaders, config.routes, config.scopes)?.current;
    return table?.findVirtualHost(requestHeaders)?.config.metadata?.filterMetadata;
  }

  /** The connection itself, with the peer that it came from, whoever the request is from. */
  get socketConnection(): ConnectionInfo {
    return this.manager.connection;
  }

  onTooLarge(message: "request" | "response"): void {
    const { counters } = this.config.stats;
    (message === "request" ? counters.downstream_rq_too_large : counters.rs_too_large).inc();
  }

  beforeLocalReply(status: number): void {
    // As Envoy: a request is its route's cluster's, also where it does not come as far as the router.
    if (this.admitted) this.route();
    // As Envoy: a 400 of our own says that the message was no good, and what follows it may not be either.
    if (status === 400) this.encoder.refuseReuse();
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

  /** Only the router starts over, by `recreateWith`. */
  recreate(): boolean {
    return false;
  }

  /**
   * An internal redirect: what has passed so far is counted and logged as a request of its own, answered by `response`; then
   * the filters see the request anew, with its headers as they are now and `body`. What filters keep in the filter state stays.
   */
  recreateWith(response: Headers, body: Uint8Array, trailers: Headers | undefined): boolean {
    const { config, requestHeaders, streamInfo: before } = this;
    if (requestHeaders === undefined || this.done) return false;
    this.setWatermarkCallbacks(undefined);
    this.overrideHost = undefined;
    this.response = response;
    before.responseCode = Number(response.get(":status") ?? "0");
    before.responseCodeDetails = "internal_redirect";
    this.end(false);
    this.beginAnew();
    this.isGrpc = isGrpcRequest(requestHeaders);
    this.filters = new FilterManager(this);
    if (this.isShed()) {
      this.replyOverloaded();
      return true;
    }
    // As Envoy, where the request that follows looks again.
    if (config.routeFigures !== undefined) {
      this.clearRouteCache();
      this.route();
    }
    this.traceByRoute(requestHeaders);
    this.createChain(config.filters);
    const bare = body.length === 0 && trailers === undefined;
    this.filters.request.begin(requestHeaders, bare);
    // It may have been answered by its head alone.
    if (this.done) return true;
    if (body.length > 0) {
      // As Envoy: a body that was kept counts once more.
      this.streamInfo.bytesReceived += body.length;
      this.filters.request.data(body, trailers === undefined);
    }
    if (trailers !== undefined) this.filters.request.end(trailers);
    return true;
  }

  onFilterBug(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.config.worker.log.error(`an HTTP filter threw: ${text}`);
  }

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  private refuse({ status, details, redirects }: Refusal, headers: Headers): undefined {
    this.route();
    withoutEmptyScheme(headers);
    this.createChain(this.config.filters);
    if (!redirects) return this.filters.sendLocalReply(status, "", details);
    this.filters.sendLocalReply(status, "", details, (out) =>
      out.append("location", headers.get(":path") ?? "/"),
    );
  }

  private reply(status: number, body: string, details: string): undefined {
    this.createChain(this.config.filters);
    this.filters.sendLocalReply(status, body, details);
  }

  /** As in Envoy this is asked again behind an internal redirect. */
  private isShed(): boolean {
    const { stats, worker } = this.config;
    const shed =
      worker.overload.takes("envoy.overload_actions.stop_accepting_requests") ||
      worker.overload.sheds(LoadShedPoint.DecodeHeaders);
    if (shed) stats.counters.downstream_rq_overload_close.inc();
    return shed;
  }

  /** As Envoy: by no filters, whose making would cost what there is too little of. */
  private replyOverloaded(): undefined {
    const { appendLocalOverload } = this.config;
    this.filters.createChain([], ALWAYS);
    this.filters.sendLocalReply(503, "envoy overloaded", "overload", (out) => {
      if (appendLocalOverload) out.append(EnvoyHeader.localOverloaded, "true");
    });
  }

  private createChain(chain: readonly HttpFilterConfig[]): undefined {
    if (!this.config.filtersVary) {
      this.filters.createChain(chain, ALWAYS);
      return;
    }
    const levels = this.requestHeaders === undefined ? undefined : this.route()?.levels;
    this.filters.createChain(chain, (filter) => filterIsOn(filter, levels));
  }

  private endRequest(): void {
    this.requestDone = true;
    this.streamInfo.lastDownstreamRxByteMs = this.sinceStart();
    this.deadlines.endRequest();
  }

  /** An early answer: the rest of the request is of no interest. */
  private afterResponse(): void {
    if (this.requestDone || this.done) return;
    // Envoy counts its own resets as received ones.
    this.config.stats.counters.downstream_rq_rx_reset.inc();
    this.resetEncoder();
    this.finish(false);
  }

  private resetEncoder(): void {
    const { streamInfo } = this;
    const reason = resetReasonOf(streamInfo, this.isTunnel);
    const details = this.encoder.reset(reason);
    if (details !== "") noteReset(streamInfo, reason, details, this.response !== undefined);
  }

  private touch(): void {
    this.deadlines.touch(this.responseDone);
  }

  private forwardClientCert(headers: Headers): void {
    const { clientCert, worker } = this.config;
    const chosen = clientCert.choose?.(new StreamMatchingData(this, worker.runtime));
    forwardClientCert(headers, this.connection.tls, chosen ?? clientCert.rule);
  }

  private traceByRoute(headers: Headers): void {
    const { tracer } = this.config;
    this.startTrace(headers, tracer === undefined ? undefined : this.route()?.policies.tracing);
  }

  private finish(reusable: boolean): void {
    if (this.done) return;
    this.done = true;
    this.setWatermarkCallbacks(undefined);
    this.end(true);
    this.config.stats.rqActive.sub(1);
    if (this.isTunnel) {
      this.config.stats.cxUpgradesActive.sub(1);
      this.manager.onTunnelDone(this);
    }
    const lent = this.deadlines;
    this.deadlines = this.config.streamTimers.none;
    this.manager.onStreamDone(lent, reusable, this.streamInfo);
  }

  /** Of what has passed so far. `sent`: the client got the response. */
  private end(sent: boolean): void {
    const { streamInfo } = this;
    const durationMs = this.sinceStart();
    streamInfo.durationMs = durationMs;
    if (this.responseDone) streamInfo.lastDownstreamTxByteMs = durationMs;
    // As Envoy: whoever logs what happens to the request in the end, as the router does of its tries, does so after it.
    this.conclude(durationMs, sent);
    this.filters.destroy();
  }
}

/** gRPC's code. */
const DEADLINE_EXCEEDED = 4;

const ALWAYS = (): boolean => true;

/** HTTP/1 has no scheme until the forwarding headers give one. */
function withoutEmptyScheme(headers: Headers): void {
  if (headers.get(":scheme") === "") headers.remove(":scheme");
}
