import {
  type Clock,
  type Random,
  ResponseFlag,
  type Timers,
  type UpstreamOverrideHost,
} from "@sluice/extension-api";
import type { CodecError, HeadTimeout, ResponseEncoder } from "../http/codec.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { Headers } from "../http/header-map.ts";
import { statusPhrase } from "../http/status-text.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import { filterIsOn } from "../http-filter/filter-is-on.ts";
import { FilterManager } from "../http-filter/filter-manager.ts";
import type { LocalReplyContent } from "../http-filter/local-reply.ts";
import type { StreamHost } from "../http-filter/stream-host.ts";
import { LoadShedPoint } from "../overload/overload-state.ts";
import type { Refusal } from "./admit-request.ts";
import { RespondingStream } from "./responding-stream.ts";
import type { StreamOwner } from "./stream-owner.ts";
import type { TimedStream } from "./stream-timers.ts";

let nextStreamId = 1;

/**
 * A stream's filters, and what they are to answer instead of the upstream: a message that is no good, late or too large, a request
 * that is not let pass or that there is no room for. Each is answered by a local reply through the filters, as any failure is.
 */
export abstract class FilteredStream extends RespondingStream implements StreamHost, TimedStream {
  readonly streamId: number = nextStreamId++;
  overrideHost: UpstreamOverrideHost | undefined = undefined;
  isGrpc = false;
  protected filters: FilterManager;
  /** Its head was let pass: it has a route, if there is one for it. */
  protected admitted = false;

  constructor(owner: StreamOwner, encoder: ResponseEncoder) {
    super(owner, encoder);
    this.filters = new FilterManager(this);
    this.deadlines.begin(this, this.config, this.streamInfo.startNowMs);
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
  get heldBytes(): number {
    return this.filters.heldBytes;
  }

  // ── the filters ─────────────────────────────────────────────────────────────────────────────────────────────────────

  protected createChain(chain: readonly HttpFilterConfig[]): undefined {
    if (!this.config.filtersVary) {
      this.filters.createChain(chain, ALWAYS);
      return;
    }
    const levels = this.requestHeaders === undefined ? undefined : this.route()?.levels;
    this.filters.createChain(chain, (filter) => filterIsOn(filter, levels));
  }

  protected override destroyFilters(): void {
    this.filters.destroy();
  }

  /** Only the router starts over, by `recreateWith`. */
  recreate(): boolean {
    return false;
  }

  onFilterBug(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.config.worker.log.error(`an HTTP filter threw: ${text}`);
  }

  onTooLarge(message: "request" | "response"): void {
    const { counters } = this.config.stats;
    (message === "request" ? counters.downstream_rq_too_large : counters.rs_too_large).inc();
  }

  // ── local replies ───────────────────────────────────────────────────────────────────────────────────────────────────

  beforeLocalReply(status: number): void {
    // As Envoy: a request is its route's cluster's, also where it does not come as far as the router.
    if (this.admitted) this.route();
    // As Envoy: a 400 of our own says that the message was no good, and what follows it may not be either.
    if (status === 400) this.encoder.refuseReuse();
  }

  rewriteLocalReply(headers: Headers, status: number, body: string): LocalReplyContent | undefined {
    const { config } = this;
    // The filters that it passes may ask.
    this.setResponseCode(status);
    if (config.localReplies === undefined) return undefined;
    this.response = headers;
    return config.localReplies.rewrite(headers, status, body, this);
  }

  onCodecError(error: CodecError): void {
    const { config, filters } = this;
    const { status, details } = error;
    if (details === "overload") config.stats.counters.downstream_rq_overload_close.inc();
    if (this.requestHeaders === undefined) this.createChain(config.filters);
    const flag = ResponseFlag.DownstreamProtocolError;
    filters.sendLocalReply(status, statusPhrase(status), details, undefined, undefined, flag);
  }

  protected refuse({ status, details, redirects }: Refusal, headers: Headers): undefined {
    this.route();
    withoutEmptyScheme(headers);
    this.createChain(this.config.filters);
    if (!redirects) return this.filters.sendLocalReply(status, "", details);
    this.filters.sendLocalReply(status, "", details, (out) =>
      out.append("location", headers.get(":path") ?? "/"),
    );
  }

  /** Whom the request is from cannot be told, as Envoy's extension for that says. */
  protected refuseUnidentified(status: number, headers: Headers): undefined {
    this.config.stats.counters.downstream_rq_rejected_via_ip_detection.inc();
    withoutEmptyScheme(headers);
    this.createChain(this.config.filters);
    this.filters.sendLocalReply(status, "", "rejecting_because_detection_failed");
  }

  /** As in Envoy this is asked again behind an internal redirect. */
  protected isShed(): boolean {
    const { stats, worker } = this.config;
    const shed =
      worker.overload.takes("envoy.overload_actions.stop_accepting_requests") ||
      worker.overload.sheds(LoadShedPoint.DecodeHeaders);
    if (shed) stats.counters.downstream_rq_overload_close.inc();
    return shed;
  }

  /** As Envoy: by no filters, whose making would cost what there is too little of. */
  protected replyOverloaded(): undefined {
    const { appendLocalOverload } = this.config;
    this.filters.createChain([], ALWAYS);
    this.filters.sendLocalReply(503, "envoy overloaded", "overload", (out) => {
      if (appendLocalOverload) out.append(EnvoyHeader.localOverloaded, "true");
    });
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
}

/** gRPC's code. */
const DEADLINE_EXCEEDED = 4;

const ALWAYS = (): boolean => true;

/** HTTP/1 has no scheme until the forwarding headers give one. */
function withoutEmptyScheme(headers: Headers): void {
  if (headers.get(":scheme") === "") headers.remove(":scheme");
}
