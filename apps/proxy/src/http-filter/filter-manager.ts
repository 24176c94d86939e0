import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  ResponseFlag,
} from "@sluice/extension-api";
import { keepRead } from "../connection/read-memory.ts";
import { Headers } from "../http/header-map.ts";
import { ActiveFilter, type DirectionState, Iteration } from "./active-filter.ts";
import { BodyBuffer } from "./body-buffer.ts";
import type { HttpFilterConfig } from "./filter-chain-config.ts";
import { isDecoder, isEncoder } from "./filter-direction.ts";
import { prepareLocalReply } from "./local-reply.ts";
import type { StreamHost } from "./stream-host.ts";

/**
 * The iteration through a stream's filters, requests in configured order and responses in reverse, by the statuses that
 * extension-api documents (Envoy's source/common/http/filter_manager.cc has the same machine). A state machine over two
 * directions; it is longer than a screen because the directions differ only in names.
 */
export class FilterManager {
  readonly host: StreamHost;
  /** What may be buffered of the request where a filter has said so; else the connection's limit holds. */
  requestBytesMax: number | undefined = undefined;
  private filters: ActiveFilter[] = [];
  private requestTrailers: Headers | undefined = undefined;
  private responseTrailers: Headers | undefined = undefined;
  private requestBuffer: BodyBuffer | undefined = undefined;
  private responseBuffer: BodyBuffer | undefined = undefined;
  private requestBufferStreaming = false;
  private responseBufferStreaming = false;
  private requestPausedByBuffer = false;
  private requestEnded = false;
  /** A response (perhaps a local one) has begun its way through the encoders. */
  private responseBegun = false;
  private responseHeaders: Headers | undefined = undefined;
  private headersWritten = false;
  private responseDone = false;
  private destroyed = false;
  private decodingDepth = 0;
  private encodingDepth = 0;
  private decodeAborted = false;
  private encodeAborted = false;

  constructor(host: StreamHost) {
    this.host = host;
  }

  get isDestroyed(): boolean {
    return this.destroyed;
  }

  get responseStarted(): boolean {
    return this.responseBegun;
  }

  /** `isEnabled` decides on filters that a route turns off or on. */
  createChain(chain: readonly HttpFilterConfig[], isEnabled: (filter: HttpFilterConfig) => boolean): void {
    for (let i = 0; i < chain.length; i++) {
      const entry = chain[i];
      if (entry === undefined || !isEnabled(entry)) continue;
      const instance = entry.factory.create(entry.config);
      const decoder = isDecoder(instance) ? instance : undefined;
      const encoder = isEncoder(instance) ? instance : undefined;
      const active = new ActiveFilter(this, entry.name, this.filters.length, decoder, encoder);
      this.filters.push(active);
      decoder?.setDecoderCallbacks(active);
      encoder?.setEncoderCallbacks(active);
    }
  }

  /** The end of the stream, however it came. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.requestBuffer = undefined;
    this.responseBuffer = undefined;
    for (const { decoder, encoder } of this.filters) {
      try {
        if (decoder !== undefined) decoder.onDestroy();
        else encoder?.onDestroy();
      } catch (error) {
        this.host.onFilterBug(error);
      }
    }
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  decodeHeaders(headers: Headers, endStream: boolean): void {
    if (endStream) this.requestEnded = true;
    this.iterateDecodeHeaders(0, headers, endStream);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.requestEnded = true;
    this.iterateDecodeData(0, chunk, endStream);
  }

  decodeTrailers(trailers: Headers): void {
    this.requestEnded = true;
    this.requestTrailers = trailers;
    this.iterateDecodeTrailers(0, trailers);
  }

  private get decodeStopped(): boolean {
    return this.destroyed || this.responseDone || this.decodeAborted;
  }

  private iterateDecodeHeaders(from: number, headers: Headers, endStream: boolean): undefined {
    const { filters } = this;
    let end = endStream;
    let continueDataAt = -1;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      state.sawEnd = end && continueDataAt < 0;
      this.decodingDepth++;
      let status: FilterHeadersStatus;
      try {
        status = filter.decoder.decodeHeaders(headers, state.sawEnd);
      } catch (error) {
        this.decodingDepth--;
        return this.failOnBug(error);
      }
      this.decodingDepth--;
      if (this.decodeStopped) return;
      const goOn = afterHeaders(state, status);
      if (status === FilterHeadersStatus.ContinueAndDontEndStream) end = false;
      if (state.sawEnd && goOn) filter.decoder.decodeComplete?.();
      if (!goOn) return;
      // A filter gave a message of headers only a body: those behind it get that as data.
      if (end && this.requestBuffer !== undefined && continueDataAt < 0) continueDataAt = i;
    }
    if (continueDataAt >= 0) {
      const filter = filters[continueDataAt];
      if (filter === undefined) return;
      filter.decoding.iteration = Iteration.StopSingle;
      filter.decoding.sawEnd = true;
      this.continueDecoding(filter);
    }
  }

  private iterateDecodeData(from: number, chunk: Uint8Array, endStream: boolean): undefined {
    if (this.decodeStopped) return;
    const { filters } = this;
    const hadTrailers = this.requestTrailers !== undefined;
    let trailersAddedAt = -1;
    let end = endStream;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      if (state.iteration >= Iteration.StopAllBuffer) {
        if (end) state.sawEnd = true;
        this.requestBufferStreaming = state.iteration === Iteration.StopAllWatermark;
        this.bufferRequest(chunk);
        return;
      }
      if (state.sawEnd) return;
      state.sawEnd = end && this.requestTrailers === undefined;
      this.decodingDepth++;
      // The last one passes bytes on; what others do with them is their own affair.
      if (i < filters.length - 1) keepRead();
      let status: FilterDataStatus;
      try {
        status = filter.decoder.decodeData(chunk, state.sawEnd);
      } catch (error) {
        this.decodingDepth--;
        return this.failOnBug(error);
      }
      this.decodingDepth--;
      if (this.decodeStopped) return;
      if (!hadTrailers && this.requestTrailers !== undefined && trailersAddedAt < 0) {
        end = false;
        trailersAddedAt = i;
      }
      if (status === FilterDataStatus.Continue) {
        if (state.sawEnd) filter.decoder.decodeComplete?.();
        if (state.iteration === Iteration.StopSingle) {
          this.bufferRequest(chunk);
          this.continueDecoding(filter);
          return;
        }
        state.headersContinued = true;
        continue;
      }
      state.iteration = Iteration.StopSingle;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.requestBufferStreaming = status === FilterDataStatus.StopIterationAndWatermark;
        this.bufferRequest(chunk);
      } else if (state.sawEnd && this.requestBuffer === undefined) this.requestBuffer = new BodyBuffer();
      return;
    }
    if (trailersAddedAt >= 0 && this.requestTrailers !== undefined) {
      this.iterateDecodeTrailers(trailersAddedAt + 1, this.requestTrailers);
    }
  }

  private iterateDecodeTrailers(from: number, trailers: Headers): undefined {
    if (this.decodeStopped) return;
    const { filters } = this;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      if (state.iteration >= Iteration.StopAllBuffer) return;
      this.decodingDepth++;
      let status: FilterTrailersStatus;
      try {
        status = filter.decoder.decodeTrailers(trailers);
      } catch (error) {
        this.decodingDepth--;
        return this.failOnBug(error);
      }
      this.decodingDepth--;
      if (this.decodeStopped) return;
      state.sawEnd = true;
      if (status === FilterTrailersStatus.StopIteration) {
        if (state.iteration === Iteration.Continue) state.iteration = Iteration.StopSingle;
        return;
      }
      filter.decoder.decodeComplete?.();
      if (state.iteration === Iteration.StopSingle) {
        this.continueDecoding(filter);
        return;
      }
    }
  }

  continueDecoding(filter: ActiveFilter): void {
    const state = filter.decoding;
    if (this.decodeStopped || state.iteration === Iteration.Continue) return;
    const stoppedAll = state.iteration >= Iteration.StopAllBuffer;
    state.iteration = Iteration.Continue;
    state.fromCurrent = stoppedAll;
    const hadTrailers = this.requestTrailers !== undefined;
    const buffer = this.requestBuffer;
    const ended = state.sawEnd || (stoppedAll && this.requestEnded);
    if (!state.headersContinued) {
      state.headersContinued = true;
      const headers = this.host.requestHeaders;
      if (headers !== undefined) {
        this.iterateDecodeHeaders(filter.index + 1, headers, ended && buffer === undefined && !hadTrailers);
      }
    }
    if (this.decodeStopped) return;
    const from = stoppedAll ? filter.index : filter.index + 1;
    if (buffer !== undefined && this.requestBuffer === buffer) {
      this.requestBuffer = undefined;
      this.resumeRequestAfterBuffer();
      if (stoppedAll) state.sawEnd = false;
      this.iterateDecodeData(from, buffer.joined(), ended && !hadTrailers);
    }
    if (hadTrailers && this.requestTrailers !== undefined)
      this.iterateDecodeTrailers(from, this.requestTrailers);
    state.fromCurrent = false;
  }

  private bufferRequest(chunk: Uint8Array): void {
    this.requestBuffer ??= new BodyBuffer();
    this.requestBuffer.add(chunk);
    if (this.requestBuffer.bytes <= (this.requestBytesMax ?? this.host.bufferLimitBytes)) return;
    if (!this.requestBufferStreaming) {
      this.sendLocalReply(413, "Payload Too Large", "request_payload_too_large");
    } else if (!this.requestPausedByBuffer) {
      this.requestPausedByBuffer = true;
      this.host.readDisable(true);
    }
  }

  private resumeRequestAfterBuffer(): void {
    if (!this.requestPausedByBuffer) return;
    this.requestPausedByBuffer = false;
    this.host.readDisable(false);
  }

  decodingBuffer(): Uint8Array | undefined {
    return this.requestBuffer?.joined();
  }

  setDecodingBuffer(body: Uint8Array): void {
    this.requestBuffer ??= new BodyBuffer();
    this.requestBuffer.replace(body);
  }

  addDecodedData(filter: ActiveFilter, chunk: Uint8Array, streaming: boolean): void {
    if (this.decodingDepth > 0) {
      this.requestBufferStreaming = streaming;
      this.bufferRequest(chunk);
    } else this.iterateDecodeData(filter.index + 1, chunk, false);
  }

  injectDecodedData(filter: ActiveFilter, chunk: Uint8Array, endStream: boolean): void {
    const state = filter.decoding;
    if (!state.headersContinued && state.iteration === Iteration.StopSingle) {
      state.headersContinued = true;
      const headers = this.host.requestHeaders;
      if (headers !== undefined) this.iterateDecodeHeaders(filter.index + 1, headers, false);
    }
    this.iterateDecodeData(filter.index + 1, chunk, endStream);
  }

  addDecodedTrailers(): HeaderMap {
    this.requestTrailers ??= new Headers();
    return this.requestTrailers;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  encode1xxHeaders(headers: Headers): void {
    if (this.destroyed || this.responseBegun) return;
    for (let i = this.filters.length - 1; i >= 0; i--) {
      const encoder = this.filters[i]?.encoder;
      if (encoder?.encode1xxHeaders?.(headers) === FilterHeadersStatus.StopIteration) return;
    }
    this.host.writeInformational(headers);
  }

  /** The terminal filter's response begins. */
  respond(headers: Headers, endStream: boolean, details: string): void {
    if (this.destroyed || this.responseBegun) return;
    this.host.streamInfo.responseCodeDetails = details;
    this.responseBegun = true;
    this.responseHeaders = headers;
    this.iterateEncodeHeaders(this.filters.length - 1, headers, endStream);
  }

  private get encodeStopped(): boolean {
    return this.destroyed || this.responseDone || this.encodeAborted;
  }

  private iterateEncodeHeaders(from: number, headers: Headers, endStream: boolean): undefined {
    const { filters } = this;
    let end = endStream;
    let continueDataAt = -1;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      state.sawEnd = end && continueDataAt < 0;
      this.encodingDepth++;
      let status: FilterHeadersStatus;
      try {
        status = filter.encoder.encodeHeaders(headers, state.sawEnd);
      } catch (error) {
        this.encodingDepth--;
        return this.failOnBug(error);
      }
      this.encodingDepth--;
      if (this.encodeStopped) return;
      const goOn = afterHeaders(state, status);
      if (status === FilterHeadersStatus.ContinueAndDontEndStream) end = false;
      if (state.sawEnd && goOn) filter.encoder.encodeComplete?.();
      if (!goOn) return;
      if (end && this.responseBuffer !== undefined && continueDataAt < 0) continueDataAt = i;
    }
    const modifiedEnd = end && continueDataAt < 0;
    this.headersWritten = true;
    if (modifiedEnd) this.responseDone = true;
    this.host.writeHeaders(headers, modifiedEnd);
    if (continueDataAt >= 0) {
      const filter = filters[continueDataAt];
      if (filter === undefined) return;
      filter.encoding.iteration = Iteration.StopSingle;
      filter.encoding.sawEnd = true;
      this.continueEncoding(filter);
    }
  }

  /** `behind`: the filter that sent it on; `undefined`: the terminal one. */
  encodeData(behind: ActiveFilter | undefined, chunk: Uint8Array, endStream: boolean): void {
    this.iterateEncodeData(
      behind === undefined ? this.filters.length - 1 : behind.index - 1,
      chunk,
      endStream,
    );
  }

  private iterateEncodeData(from: number, chunk: Uint8Array, endStream: boolean): undefined {
    if (this.encodeStopped) return;
    const { filters } = this;
    const hadTrailers = this.responseTrailers !== undefined;
    let trailersAddedAt = -1;
    let end = endStream;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      if (state.iteration >= Iteration.StopAllBuffer) {
        if (end) state.sawEnd = true;
        this.responseBufferStreaming = state.iteration === Iteration.StopAllWatermark;
        this.bufferResponse(chunk);
        return;
      }
      if (state.sawEnd) return;
      state.sawEnd = end && this.responseTrailers === undefined;
      this.encodingDepth++;
      keepRead();
      let status: FilterDataStatus;
      try {
        status = filter.encoder.encodeData(chunk, state.sawEnd);
      } catch (error) {
        this.encodingDepth--;
        return this.failOnBug(error);
      }
      this.encodingDepth--;
      if (this.encodeStopped) return;
      if (!hadTrailers && this.responseTrailers !== undefined && trailersAddedAt < 0) {
        end = false;
        trailersAddedAt = i;
      }
      if (status === FilterDataStatus.Continue) {
        if (state.sawEnd) filter.encoder.encodeComplete?.();
        if (state.iteration === Iteration.StopSingle) {
          this.bufferResponse(chunk);
          this.continueEncoding(filter);
          return;
        }
        state.headersContinued = true;
        continue;
      }
      state.iteration = Iteration.StopSingle;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.responseBufferStreaming = status === FilterDataStatus.StopIterationAndWatermark;
        this.bufferResponse(chunk);
      } else if (state.sawEnd && this.responseBuffer === undefined) this.responseBuffer = new BodyBuffer();
      return;
    }
    const ends = end && (trailersAddedAt < 0 || this.responseTrailers === undefined);
    if (ends) this.responseDone = true;
    this.host.writeData(chunk, ends);
    if (trailersAddedAt >= 0 && this.responseTrailers !== undefined) {
      this.iterateEncodeTrailers(trailersAddedAt - 1, this.responseTrailers);
    }
  }

  encodeTrailers(behind: ActiveFilter | undefined, trailers: Headers): void {
    this.responseTrailers = trailers;
    this.iterateEncodeTrailers(behind === undefined ? this.filters.length - 1 : behind.index - 1, trailers);
  }

  private iterateEncodeTrailers(from: number, trailers: Headers): undefined {
    if (this.encodeStopped) return;
    const { filters } = this;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      if (state.iteration >= Iteration.StopAllBuffer) return;
      this.encodingDepth++;
      let status: FilterTrailersStatus;
      try {
        status = filter.encoder.encodeTrailers(trailers);
      } catch (error) {
        this.encodingDepth--;
        return this.failOnBug(error);
      }
      this.encodingDepth--;
      if (this.encodeStopped) return;
      state.sawEnd = true;
      if (status === FilterTrailersStatus.StopIteration) {
        if (state.iteration === Iteration.Continue) state.iteration = Iteration.StopSingle;
        return;
      }
      filter.encoder.encodeComplete?.();
      if (state.iteration === Iteration.StopSingle) {
        this.continueEncoding(filter);
        return;
      }
    }
    this.responseDone = true;
    this.host.writeTrailers(trailers);
  }

  continueEncoding(filter: ActiveFilter): void {
    const state = filter.encoding;
    if (this.encodeStopped || state.iteration === Iteration.Continue) return;
    const stoppedAll = state.iteration >= Iteration.StopAllBuffer;
    state.iteration = Iteration.Continue;
    const hadTrailers = this.responseTrailers !== undefined;
    const buffer = this.responseBuffer;
    const ended = state.sawEnd;
    if (!state.headersContinued) {
      state.headersContinued = true;
      const headers = this.responseHeaders;
      if (headers !== undefined) {
        this.iterateEncodeHeaders(filter.index - 1, headers, ended && buffer === undefined && !hadTrailers);
      }
    }
    if (this.encodeStopped) return;
    const from = stoppedAll ? filter.index : filter.index - 1;
    if (buffer !== undefined && this.responseBuffer === buffer) {
      this.responseBuffer = undefined;
      if (stoppedAll) state.sawEnd = false;
      this.iterateEncodeData(from, buffer.joined(), ended && !hadTrailers);
    }
    if (hadTrailers && this.responseTrailers !== undefined)
      this.iterateEncodeTrailers(from, this.responseTrailers);
  }

  private bufferResponse(chunk: Uint8Array): void {
    this.responseBuffer ??= new BodyBuffer();
    this.responseBuffer.add(chunk);
    if (this.responseBuffer.bytes > this.host.bufferLimitBytes && !this.responseBufferStreaming) {
      this.sendLocalReply(500, "Internal Server Error", "response_payload_too_large");
    }
  }

  encodingBuffer(): Uint8Array | undefined {
    return this.responseBuffer?.joined();
  }

  setEncodingBuffer(body: Uint8Array): void {
    this.responseBuffer ??= new BodyBuffer();
    this.responseBuffer.replace(body);
  }

  addEncodedData(filter: ActiveFilter, chunk: Uint8Array, streaming: boolean): void {
    if (this.encodingDepth > 0) {
      this.responseBufferStreaming = streaming;
      this.bufferResponse(chunk);
    } else this.iterateEncodeData(filter.index - 1, chunk, false);
  }

  injectEncodedData(filter: ActiveFilter, chunk: Uint8Array, endStream: boolean): void {
    const state = filter.encoding;
    if (!state.headersContinued && state.iteration === Iteration.StopSingle) {
      state.headersContinued = true;
      if (this.responseHeaders !== undefined) {
        this.iterateEncodeHeaders(filter.index - 1, this.responseHeaders, false);
      }
    }
    this.iterateEncodeData(filter.index - 1, chunk, endStream);
  }

  addEncodedTrailers(): HeaderMap {
    this.responseTrailers ??= new Headers();
    return this.responseTrailers;
  }

  // ── local replies ───────────────────────────────────────────────────────────────────────────────────────────────────

  sendLocalReply(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
  ): undefined {
    if (this.destroyed || this.responseDone) return;
    const { host } = this;
    if (host.answer !== undefined) {
      this.decodeAborted = true;
      this.encodeAborted = true;
      host.answer(status, body, details, modify, grpcStatus);
      return;
    }
    host.streamInfo.responseCodeDetails = details.replaceAll(" ", "_");
    if (this.headersWritten) {
      // The client has a head already: all that is left is to end the message visibly short.
      host.abort();
      return;
    }
    // As in Envoy: what was wrong with this message may be wrong with what follows, and what is over the limit is not read on.
    if (status === 400 || details === "request_payload_too_large") host.refuseReuse();
    this.decodeAborted = true;
    this.responseBuffer = undefined;
    host.beforeLocalReply(status);
    const reply = prepareLocalReply(host.requestHeaders, status, body, grpcStatus, modify, host);
    const text = reply.body;
    const direct = this.responseBegun;
    this.responseBegun = true;
    this.responseHeaders = reply.headers;
    this.responseTrailers = undefined;
    if (direct) {
      // Some encoder filters have seen another head: this one goes past them.
      this.encodeAborted = true;
      this.headersWritten = true;
      this.responseDone = true;
      host.writeHeaders(reply.headers, text === "");
      if (text !== "") host.writeData(Buffer.from(text), true);
      return;
    }
    const from = this.filters.length - 1;
    this.iterateEncodeHeaders(from, reply.headers, text === "");
    if (text !== "") this.iterateEncodeData(from, Buffer.from(text), true);
  }

  private failOnBug(error: unknown): undefined {
    this.host.onFilterBug(error);
    if (this.destroyed) return;
    this.host.streamInfo.setResponseFlag(ResponseFlag.LocalReset);
    if (this.headersWritten) this.host.abort();
    else this.sendLocalReply(500, "Internal Server Error", "filter_error");
  }
}

/** Applies a headers status to a filter's state; true: go on to the next filter. */
function afterHeaders(state: DirectionState, status: FilterHeadersStatus): boolean {
  switch (status) {
    case FilterHeadersStatus.Continue:
    case FilterHeadersStatus.ContinueAndDontEndStream:
      state.headersContinued = true;
      return true;
    case FilterHeadersStatus.StopIteration:
      state.iteration = Iteration.StopSingle;
      return false;
    case FilterHeadersStatus.StopAllIterationAndBuffer:
      state.iteration = Iteration.StopAllBuffer;
      return false;
    case FilterHeadersStatus.StopAllIterationAndWatermark:
      state.iteration = Iteration.StopAllWatermark;
      return false;
  }
}
