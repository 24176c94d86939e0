import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from "@sluice/extension-api";
import { keepRead } from "../connection/read-memory.ts";
import type { Headers } from "../http/header-map.ts";
import type { ActiveFilter } from "./active-filter.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { afterHeaders, Iteration } from "./direction-state.ts";
import { MessageIteration } from "./message-iteration.ts";

/**
 * A request's way through the filters, in configured order, by the statuses that extension-api documents (Envoy's
 * source/common/http/filter_manager.cc has the same machine). `ResponseIteration` is its mirror image. It `stopped` when it was answered, or the stream is over.
 */
export class RequestIteration extends MessageIteration {
  /** What may be buffered where a filter has said so; else the connection's limit holds. */
  bytesMax: number | undefined = undefined;
  private pausedByBuffer = false;
  private ended = false;

  begin(headers: Headers, endStream: boolean): void {
    if (endStream) this.ended = true;
    // As in Envoy, the limit refuses nothing until a filter has said how it waits: none is asked where a body comes in one part. By
    // HTTP/1 there the body's end always comes behind it.
    this.streaming = this.manager.host.streamInfo.protocol === "HTTP/2";
    this.iterateHeaders(0, headers, endStream);
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.ended = true;
    this.iterateData(0, chunk, endStream);
  }

  end(trailers: Headers): void {
    this.ended = true;
    this.trailers = trailers;
    this.iterateTrailers(0, trailers);
  }

  private iterateHeaders(from: number, headers: Headers, endStream: boolean): undefined {
    const { filters } = this;
    let end = endStream;
    let continueDataAt = -1;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      state.sawEnd = end && continueDataAt < 0;
      this.depth++;
      let status: FilterHeadersStatus;
      try {
        status = filter.decoder.decodeHeaders(headers, state.sawEnd);
      } catch (error) {
        this.depth--;
        return this.manager.failOnBug(error);
      }
      this.depth--;
      if (this.stopped) return;
      const goOn = afterHeaders(state, status);
      if (status === FilterHeadersStatus.ContinueAndDontEndStream) end = false;
      if (state.sawEnd && goOn) filter.decoder.decodeComplete?.();
      if (!goOn) return;
      // A filter gave a message of headers only a body: those behind it get that as data.
      if (end && this.buffered !== undefined && continueDataAt < 0) continueDataAt = i;
    }
    if (continueDataAt >= 0) {
      const filter = filters[continueDataAt];
      if (filter === undefined) return;
      filter.decoding.iteration = Iteration.StopSingle;
      filter.decoding.sawEnd = true;
      this.continueFrom(filter);
    }
  }

  private iterateData(from: number, chunk: Uint8Array, endStream: boolean): undefined {
    if (this.stopped) return;
    const { filters } = this;
    const hadTrailers = this.trailers !== undefined;
    let trailersAddedAt = -1;
    let end = endStream;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      if (state.iteration >= Iteration.StopAllBuffer) {
        if (end) state.sawEnd = true;
        this.streaming = state.iteration === Iteration.StopAllWatermark;
        this.buffer(chunk, from > 0 && this.ended);
        return;
      }
      if (state.sawEnd) return;
      state.sawEnd = end && this.trailers === undefined;
      this.depth++;
      // The last one passes bytes on; what others do with them is their own affair.
      if (i < filters.length - 1) keepRead();
      let status: FilterDataStatus;
      try {
        status = filter.decoder.decodeData(chunk, state.sawEnd);
      } catch (error) {
        this.depth--;
        return this.manager.failOnBug(error);
      }
      this.depth--;
      if (this.stopped) return;
      if (!hadTrailers && this.trailers !== undefined && trailersAddedAt < 0) {
        end = false;
        trailersAddedAt = i;
      }
      if (status === FilterDataStatus.Continue) {
        if (state.sawEnd) filter.decoder.decodeComplete?.();
        if (state.iteration === Iteration.StopSingle) {
          this.buffer(chunk, from > 0 && this.ended);
          this.continueFrom(filter);
          return;
        }
        state.headersContinued = true;
        continue;
      }
      state.iteration = Iteration.StopSingle;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.streaming = status === FilterDataStatus.StopIterationAndWatermark;
        this.buffer(chunk, from > 0 && this.ended);
      } else if (state.sawEnd && this.buffered === undefined) this.buffered = new BodyBuffer();
      return;
    }
    if (trailersAddedAt >= 0 && this.trailers !== undefined) {
      this.iterateTrailers(trailersAddedAt + 1, this.trailers);
    }
  }

  private iterateTrailers(from: number, trailers: Headers): undefined {
    if (this.stopped) return;
    const { filters } = this;
    for (let i = from; i < filters.length; i++) {
      const filter = filters[i];
      if (filter?.decoder === undefined) continue;
      const state = filter.decoding;
      if (state.iteration >= Iteration.StopAllBuffer) return;
      this.depth++;
      let status: FilterTrailersStatus;
      try {
        status = filter.decoder.decodeTrailers(trailers);
      } catch (error) {
        this.depth--;
        return this.manager.failOnBug(error);
      }
      this.depth--;
      if (this.stopped) return;
      state.sawEnd = true;
      if (status === FilterTrailersStatus.StopIteration) {
        if (state.iteration === Iteration.Continue) state.iteration = Iteration.StopSingle;
        return;
      }
      filter.decoder.decodeComplete?.();
      if (state.iteration === Iteration.StopSingle) {
        this.continueFrom(filter);
        return;
      }
    }
  }

  continueFrom(filter: ActiveFilter): void {
    const state = filter.decoding;
    if (this.stopped || state.iteration === Iteration.Continue) return;
    const stoppedAll = state.iteration >= Iteration.StopAllBuffer;
    state.iteration = Iteration.Continue;
    state.fromCurrent = stoppedAll;
    const hadTrailers = this.trailers !== undefined;
    const buffer = this.buffered;
    const ended = state.sawEnd || (stoppedAll && this.ended);
    if (!state.headersContinued) {
      state.headersContinued = true;
      const headers = this.manager.host.requestHeaders;
      if (headers !== undefined) {
        this.iterateHeaders(filter.index + 1, headers, ended && buffer === undefined && !hadTrailers);
      }
    }
    if (this.stopped) return;
    const from = stoppedAll ? filter.index : filter.index + 1;
    if (buffer !== undefined && this.buffered === buffer) {
      this.buffered = undefined;
      this.resumeAfterBuffer();
      if (stoppedAll) state.sawEnd = false;
      this.iterateData(from, buffer.joined(), ended && !hadTrailers);
    }
    if (hadTrailers && this.trailers !== undefined) this.iterateTrailers(from, this.trailers);
    state.fromCurrent = false;
  }

  /** `whole`: all of the message is here, as a filter had held it back until then. */
  private buffer(chunk: Uint8Array, whole: boolean): void {
    this.buffered ??= new BodyBuffer();
    this.buffered.add(chunk);
    if (this.buffered.bytes <= (this.bytesMax ?? this.manager.host.bufferLimitBytes)) return;
    if (!this.streaming) {
      // As in Envoy, where a body's end comes behind it: what is over the limit is not read on.
      if (!whole) this.manager.host.leaveUnread();
      this.manager.host.onTooLarge("request");
      this.manager.sendLocalReply(413, "Payload Too Large", "request_payload_too_large");
    } else if (!this.pausedByBuffer) {
      this.pausedByBuffer = true;
      this.manager.host.readDisable(true);
    }
  }

  private resumeAfterBuffer(): void {
    if (!this.pausedByBuffer) return;
    this.pausedByBuffer = false;
    this.manager.host.readDisable(false);
  }

  addData(filter: ActiveFilter, chunk: Uint8Array, streaming: boolean): void {
    if (this.depth > 0) {
      this.streaming = streaming;
      this.buffer(chunk, false);
    } else this.iterateData(filter.index + 1, chunk, false);
  }

  injectData(filter: ActiveFilter, chunk: Uint8Array, endStream: boolean): void {
    const state = filter.decoding;
    if (!state.headersContinued && state.iteration === Iteration.StopSingle) {
      state.headersContinued = true;
      const headers = this.manager.host.requestHeaders;
      if (headers !== undefined) this.iterateHeaders(filter.index + 1, headers, false);
    }
    this.iterateData(filter.index + 1, chunk, endStream);
  }
}
