import type { Headers } from "../../../../http/header-map.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import type { FlowControl } from "./flow-control.ts";
import { KeptRequest, sendKept } from "./kept-request.ts";
import { Mirrors } from "./mirrors.ts";
import { NO_TIMEOUTS, type RequestTimeouts } from "./request-timeouts.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/**
 * The client's request on its way to the tries and the mirrors. Bytes go through to a try that takes them; they are
 * kept for one that does not yet, for retries and for internal redirects, as far as the limit allows: beyond it there is no retry
 * and no redirect any more. Where too much waits for a connection the client is held back.
 */
export class ForwardedRequest extends KeptRequest {
  /** What it may take; known once the head has been read. */
  timeouts: RequestTimeouts = NO_TIMEOUTS;
  private readonly init: ExchangeInit;
  private readonly flow: FlowControl;
  private readonly bytesMax: number;
  /** The body stays behind a try that has it, for another or for an internal redirect. */
  private keeps = false;
  private overflowed = false;
  private mirrors: Mirrors | undefined = undefined;

  constructor(init: ExchangeInit, flow: FlowControl) {
    super();
    this.init = init;
    this.flow = flow;
    this.bytesMax = init.forward.bodyBytesMax ?? init.callbacks.decoderBufferLimit();
  }

  /** Its head is as the upstream gets it. `keeps`: there may be another try, or a redirect. */
  begin(keeps: boolean): void {
    this.keeps = keeps;
    this.mirrors = Mirrors.start(this.init, this.timeouts.globalMs);
  }

  /** `length` bytes more are too many to keep. */
  overflowsBy(length: number): boolean {
    return this.keeps && this.bytes + length > this.bytesMax;
  }

  giveUpKeeping(attempt: UpstreamTry | undefined): void {
    this.keeps = false;
    this.overflowed = true;
    if (attempt?.takes === true) this.clear();
  }

  /** `attempt`: the newest, undefined while there is none; `retries`: another will come. */
  data(chunk: Uint8Array, endStream: boolean, attempt: UpstreamTry | undefined, retries: boolean): void {
    this.mirrors?.data(chunk, endStream);
    const waits = attempt === undefined ? retries : !attempt.takes;
    if (this.keeps || waits) this.add(chunk);
    if (attempt?.takes === true) attempt.encodeData(chunk, endStream);
    else if (waits && this.bytes > this.init.callbacks.decoderBufferLimit()) this.flow.holdRequest();
  }

  endWith(trailers: Headers, attempt: UpstreamTry | undefined): void {
    this.trailers = trailers;
    this.mirrors?.trailers(trailers);
    if (attempt?.takes === true) attempt.encodeTrailers(trailers);
  }

  /** All that has come of it, to a try that takes it. */
  sendTo(attempt: UpstreamTry, isRetry: boolean): void {
    const { headers, headersOnly } = this.init;
    const { chunks } = this;
    const bare = isRetry ? this.ended && chunks.length === 0 && this.trailers === undefined : headersOnly;
    attempt.encodeHeaders(headers, bare);
    if (!bare) sendKept(this, chunks, attempt);
    if (!this.keeps) this.clear();
    this.flow.releaseRequest();
  }

  /** No try needs it again. */
  keepNoLonger(): void {
    this.keeps = false;
    this.clear();
  }

  /** All of it is here, for somebody else to get it. */
  get isWhole(): boolean {
    return this.ended && !this.overflowed;
  }

  /** How long ago it ended; 0: it has not. */
  get sinceEndMs(): number {
    return this.ended ? this.init.config.worker.clock.nowMs() - this.endedAtMs : 0;
  }

  destroy(): void {
    this.mirrors?.destroy();
    this.clear();
  }
}
