import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from "./filter-status.ts";
import type { DecoderCallbacks, EncoderCallbacks, StreamFilter } from "./http-filter.ts";
import type { HeaderMap } from "./http-headers.ts";

/** An HTTP filter that lets everything pass; those that do little extend it and override what they do. */
export class PassThroughFilter implements StreamFilter {
  #decoder: DecoderCallbacks | undefined = undefined;
  #encoder: EncoderCallbacks | undefined = undefined;

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.#decoder = callbacks;
  }
  setEncoderCallbacks(callbacks: EncoderCallbacks): void {
    this.#encoder = callbacks;
  }

  /** Set before any other callback of the stream. */
  protected get decoding(): DecoderCallbacks {
    if (this.#decoder === undefined) throw new Error("the filter has no decoder callbacks yet");
    return this.#decoder;
  }
  protected get encoding(): EncoderCallbacks {
    if (this.#encoder === undefined) throw new Error("the filter has no encoder callbacks yet");
    return this.#encoder;
  }

  decodeHeaders(_headers: HeaderMap, _endStream: boolean): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }
  decodeData(_chunk: Uint8Array, _endStream: boolean): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  decodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
  encodeHeaders(_headers: HeaderMap, _endStream: boolean): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }
  encodeData(_chunk: Uint8Array, _endStream: boolean): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  encodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
  onDestroy(): void {}
}
