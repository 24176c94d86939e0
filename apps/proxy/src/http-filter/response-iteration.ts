import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from "@sluice/extension-api";
import { keepRead } from "../connection/read-memory.ts";
import type { Headers } from "../http/header-map.ts";
import { missingHeaderText } from "../http/required-headers.ts";
import type { ActiveFilter } from "./active-filter.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { afterHeaders, Iteration } from "./direction-state.ts";
import { MessageIteration } from "./message-iteration.ts";

/**
 * A response's way through the filters, in reverse, and out to the stream's host; see `RequestIteration`. It `stopped` when it is
 * written, or goes past them, or the stream is over.
 */
export class ResponseIteration extends MessageIteration {
  /** Its last octet is written. */
  done = false;
  /** It (perhaps a local one) has begun its way through the filters. */
  begun = false;
  headersWritten = false;
  private headers: Headers | undefined = undefined;

  private finish(): void {
    this.done = true;
    this.stopped = true;
    this.manager.request.stopped = true;
  }

  /** A local reply takes the place of what has come, or would have. `body`: a binary string. */
  replace(headers: Headers, body: string): undefined {
    const direct = this.begun;
    const endStream = body === "";
    this.begun = true;
    this.headers = headers;
    this.trailers = undefined;
    this.buffered = undefined;
    if (direct) {
      // Some filters have seen another head: this one goes past them.
      const { host } = this.manager;
      this.headersWritten = true;
      this.finish();
      host.writeHeaders(headers, endStream);
      if (!endStream) host.writeData(Buffer.from(body, "latin1"), true);
      return;
    }
    const from = this.filters.length - 1;
    this.iterateHeaders(from, headers, endStream);
    if (!endStream) this.iterateData(from, Buffer.from(body, "latin1"), true);
  }

  informational(headers: Headers): void {
    if (this.manager.isDestroyed || this.begun) return;
    for (let i = this.filters.length - 1; i >= 0; i--) {
      const encoder = this.filters[i]?.encoder;
      if (encoder?.encode1xxHeaders?.(headers) === FilterHeadersStatus.StopIteration) return;
    }
    this.manager.host.writeInformational(headers);
  }

  /** The terminal filter's response begins. */
  begin(headers: Headers, endStream: boolean, details: string): void {
    if (this.manager.isDestroyed || this.begun) return;
    this.manager.host.streamInfo.responseCodeDetails = details;
    this.begun = true;
    this.headers = headers;
    this.iterateHeaders(this.filters.length - 1, headers, endStream);
  }

  private iterateHeaders(from: number, headers: Headers, endStream: boolean): undefined {
    const { filters } = this;
    let end = endStream;
    let continueDataAt = -1;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      state.sawEnd = end && continueDataAt < 0;
      this.depth++;
      let status: FilterHeadersStatus;
      try {
        status = filter.encoder.encodeHeaders(headers, state.sawEnd);
      } catch (error) {
        this.depth--;
        return this.manager.failOnBug(error);
      }
      this.depth--;
      if (this.stopped) return;
      const goOn = afterHeaders(state, status);
      if (status === FilterHeadersStatus.ContinueAndDontEndStream) end = false;
      if (state.sawEnd && goOn) filter.encoder.encodeComplete?.();
      if (!goOn) return;
      if (end && this.buffered !== undefined && continueDataAt < 0) continueDataAt = i;
    }
    if (!headers.has(":status")) {
      const text = missingHeaderText(":status");
      return this.manager.sendLocalReply(502, text, `filter_removed_required_response_headers{${text}}`);
    }
    const modifiedEnd = end && continueDataAt < 0;
    this.headersWritten = true;
    if (modifiedEnd) this.finish();
    this.manager.host.writeHeaders(headers, modifiedEnd);
    if (continueDataAt >= 0) {
      const filter = filters[continueDataAt];
      if (filter === undefined) return;
      filter.encoding.iteration = Iteration.StopSingle;
      filter.encoding.sawEnd = true;
      this.continueFrom(filter);
    }
  }

  /** `behind`: the filter that sent it on; `undefined`: the terminal one. */
  data(behind: ActiveFilter | undefined, chunk: Uint8Array, endStream: boolean): void {
    this.iterateData(behind === undefined ? this.filters.length - 1 : behind.index - 1, chunk, endStream);
  }

  private iterateData(from: number, chunk: Uint8Array, endStream: boolean): undefined {
    if (this.stopped) return;
    const { filters } = this;
    const hadTrailers = this.trailers !== undefined;
    let trailersAddedAt = -1;
    let end = endStream;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      if (state.iteration >= Iteration.StopAllBuffer) {
        if (end) state.sawEnd = true;
        this.streaming = state.iteration === Iteration.StopAllWatermark;
        this.buffer(chunk);
        return;
      }
      if (state.sawEnd) return;
      state.sawEnd = end && this.trailers === undefined;
      this.depth++;
      keepRead();
      let status: FilterDataStatus;
      try {
        status = filter.encoder.encodeData(chunk, state.sawEnd);
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
        if (state.sawEnd) filter.encoder.encodeComplete?.();
        if (state.iteration === Iteration.StopSingle) {
          this.buffer(chunk);
          this.continueFrom(filter);
          return;
        }
        state.headersContinued = true;
        continue;
      }
      state.iteration = Iteration.StopSingle;
      if (status !== FilterDataStatus.StopIterationNoBuffer) {
        this.streaming = status === FilterDataStatus.StopIterationAndWatermark;
        this.buffer(chunk);
      } else if (state.sawEnd && this.buffered === undefined) this.buffered = new BodyBuffer();
      return;
    }
    const ends = end && (trailersAddedAt < 0 || this.trailers === undefined);
    if (ends) this.finish();
    this.manager.host.writeData(chunk, ends);
    if (trailersAddedAt >= 0 && this.trailers !== undefined) {
      this.iterateTrailers(trailersAddedAt - 1, this.trailers);
    }
  }

  end(behind: ActiveFilter | undefined, trailers: Headers): void {
    this.trailers = trailers;
    this.iterateTrailers(behind === undefined ? this.filters.length - 1 : behind.index - 1, trailers);
  }

  private iterateTrailers(from: number, trailers: Headers): undefined {
    if (this.stopped) return;
    const { filters } = this;
    for (let i = from; i >= 0; i--) {
      const filter = filters[i];
      if (filter?.encoder === undefined) continue;
      const state = filter.encoding;
      if (state.iteration >= Iteration.StopAllBuffer) return;
      this.depth++;
      let status: FilterTrailersStatus;
      try {
        status = filter.encoder.encodeTrailers(trailers);
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
      filter.encoder.encodeComplete?.();
      if (state.iteration === Iteration.StopSingle) {
        this.continueFrom(filter);
        return;
      }
    }
    this.finish();
    this.manager.host.writeTrailers(trailers);
  }

  continueFrom(filter: ActiveFilter): void {
    const state = filter.encoding;
    if (this.stopped || state.iteration === Iteration.Continue) return;
    const stoppedAll = state.iteration >= Iteration.StopAllBuffer;
    state.iteration = Iteration.Continue;
    const hadTrailers = this.trailers !== undefined;
    const buffer = this.buffered;
    const ended = state.sawEnd;
    if (!state.headersContinued) {
      state.headersContinued = true;
      const headers = this.headers;
      if (headers !== undefined) {
        this.iterateHeaders(filter.index - 1, headers, ended && buffer === undefined && !hadTrailers);
      }
    }
    if (this.stopped) return;
    const from = stoppedAll ? filter.index : filter.index - 1;
    if (buffer !== undefined && this.buffered === buffer) {
      this.buffered = undefined;
      if (stoppedAll) state.sawEnd = false;
      this.iterateData(from, buffer.joined(), ended && !hadTrailers);
    }
    if (hadTrailers && this.trailers !== undefined) this.iterateTrailers(from, this.trailers);
  }

  private buffer(chunk: Uint8Array): void {
    this.buffered ??= new BodyBuffer();
    this.buffered.add(chunk);
    if (this.buffered.bytes > this.manager.host.bufferLimitBytes && !this.streaming) {
      this.manager.host.onTooLarge("response");
      this.manager.sendLocalReply(500, "Internal Server Error", "response_payload_too_large");
    }
  }

  addData(filter: ActiveFilter, chunk: Uint8Array, streaming: boolean): void {
    if (this.depth > 0) {
      this.streaming = streaming;
      this.buffer(chunk);
    } else this.iterateData(filter.index - 1, chunk, false);
  }

  injectData(filter: ActiveFilter, chunk: Uint8Array, endStream: boolean): void {
    const state = filter.encoding;
    if (!state.headersContinued && state.iteration === Iteration.StopSingle) {
      state.headersContinued = true;
      if (this.headers !== undefined) {
        this.iterateHeaders(filter.index - 1, this.headers, false);
      }
    }
    this.iterateData(filter.index - 1, chunk, endStream);
  }
}
