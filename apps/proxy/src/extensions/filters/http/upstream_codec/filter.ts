import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type StreamDecoderFilter,
} from "@sluice/extension-api";
import { asHeaders, type Headers } from "../../../../http/header-map.ts";
import { ActiveFilter } from "../../../../http-filter/active-filter.ts";
import { type ConnectionWaiter, FilteredExchange } from "../../../../upstream/filtered-exchange.ts";

/** Last of the upstream filters: hands the request to the connection's codec, once there is one. */
class UpstreamCodecFilter implements StreamDecoderFilter, ConnectionWaiter {
  private callbacks!: DecoderCallbacks;
  private exchange!: FilteredExchange;
  /** Of a request that waits for its connection. */
  private headers: Headers | undefined = undefined;
  private headersOnly = false;

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
    this.exchange = exchangeOf(callbacks);
  }

  decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { codec } = this.exchange;
    if (codec === undefined) {
      this.headers = asHeaders(headers);
      this.headersOnly = endStream;
      this.exchange.awaitConnection(this);
      return FilterHeadersStatus.StopAllIterationAndWatermark;
    }
    codec.encodeHeaders(asHeaders(headers), endStream);
    return FilterHeadersStatus.StopIteration;
  }

  onConnected(): void {
    const { headers } = this;
    if (headers === undefined) return;
    this.headers = undefined;
    this.exchange.codec?.encodeHeaders(headers, this.headersOnly);
    this.callbacks.continueDecoding();
  }

  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    this.exchange.codec?.encodeData(chunk, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.exchange.codec?.encodeTrailers(asHeaders(trailers));
    return FilterTrailersStatus.StopIteration;
  }

  onDestroy(): void {}
}

/** Upstream chains are made for exchanges alone. */
function exchangeOf(callbacks: DecoderCallbacks): FilteredExchange {
  if (callbacks instanceof ActiveFilter && callbacks.manager.host instanceof FilteredExchange)
    return callbacks.manager.host;
  throw new Error("an upstream codec outside of an upstream chain");
}

export const upstreamCodecFactory: HttpFilterFactory = {
  terminal: true,
  compile: () => ({ ok: true, value: undefined }),
  create: () => new UpstreamCodecFilter(),
};
