import { isGrpcRequest } from "@sluice/matching";
import type { RequestStream } from "../http/codec.ts";
import { isUpgrade } from "../http/h1/connection-tokens.ts";
import { Headers } from "../http/header-map.ts";
import { FilterManager } from "../http-filter/filter-manager.ts";
import { StreamMatchingData } from "../http-filter/stream-matching-data.ts";
import { admitRequest } from "./admit-request.ts";
import { chooseChain } from "./choose-chain.ts";
import { keepConnectPort } from "./connect-port.ts";
import { countResponse } from "./count-stream.ts";
import { FilteredStream } from "./filtered-stream.ts";
import { forwardClientCert } from "./forward-client-cert.ts";
import { prepareHost, prepareRequestHeaders, removeNominated } from "./prepare-request.ts";
import { StreamConnectionInfo } from "./stream-connection-info.ts";

/**
 * One request and its response, between the codec and the filters. It is told in parts, each of which knows of those before it alone:
 *
 * - `StreamRecord`: what is known of it and told;
 * - `RoutedStream`: its route;
 * - `RespondingStream`: the response's way out, and the end;
 * - `FilteredStream`: its filters, and what is answered by a local reply;
 * - here the request's way in: the codec's `decode…`, the head made what the connection manager lets pass, to which filters it comes,
 *   and how it begins anew.
 *
 * They are one object, so that the parts cost a request nothing.
 */
export class HttpStream extends FilteredStream implements RequestStream {
  /** What a request's head may be. */
  get headLimits(): { readonly headBytesMax: number; readonly headersMax: number } {
    return this.config.http2;
  }

  decodeHeaders(headers: Headers, endStream: boolean): undefined {
    const { config, owner, encoder } = this;
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
    owner.countUserAgent(headers);
    const refusal = admitRequest(headers, isConnect, config);
    if (refusal !== undefined) return this.refuse(refusal, headers);
    const { localAddress } = owner.connection;
    const port = prepareHost(headers, config, localAddress.slice(localAddress.lastIndexOf(":") + 1));
    if (port !== undefined && (isConnect || (encoder.protocol === "HTTP/2" && headers.has("upgrade"))))
      keepConnectPort(this.streamInfo, port);
    for (const mutation of config.earlyHeaderMutations) mutation.mutate(headers, this);
    const upgrades = isUpgrade(headers);
    const upgradeType = upgrades ? (headers.get("upgrade") ?? "").toLowerCase() : isConnect ? "connect" : "";
    this.isConnect = isConnect;
    const verdict = prepareRequestHeaders(headers, owner.connection, config, upgrades);
    if (verdict.remoteAddress !== this.connection.remoteAddress) {
      this.connection = new StreamConnectionInfo(owner.connection, verdict.remoteAddress);
    }
    if (verdict.rejectStatus !== undefined) return this.refuseUnidentified(verdict.rejectStatus, headers);
    this.forwardClientCert(headers);
    if (config.routeFigures !== undefined) this.route();
    this.traceByRoute(headers);
    this.admitted = true;
    this.enterFilters(headers, upgradeType, endStream);
  }

  /** `upgradeType`: what the request wants to make a tunnel of, "" for nothing. */
  private enterFilters(headers: Headers, upgradeType: string, endStream: boolean): undefined {
    const { config } = this;
    // A CONNECT that no route takes is no upgrade, whatever it asks for: the router answers it.
    const opensTunnel = upgradeType !== "" && !(this.isConnect && this.route() === undefined);
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
      this.owner.onTunnel(this);
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

  private endRequest(): void {
    this.requestDone = true;
    this.streamInfo.lastDownstreamRxByteMs = this.sinceStart();
    this.deadlines.endRequest();
  }

  private forwardClientCert(headers: Headers): void {
    const { clientCert, worker } = this.config;
    const chosen = clientCert.choose?.(new StreamMatchingData(this, worker.runtime));
    forwardClientCert(headers, this.connection.tls, chosen ?? clientCert.rule);
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
    // As Envoy, which asks headers only once whom a request is from.
    this.connection = this.owner.connection;
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
}
