import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type StreamDecoderFilter,
} from "@sluice/extension-api";
import { asHeaders } from "../../../../http/header-map.ts";
import { ActiveFilter } from "../../../../http-filter/active-filter.ts";
import { FilteredExchange } from "../../../../upstream/filtered-exchange.ts";

/** Last of the upstream filters: hands the request to the connection's codec. */
class UpstreamCodecFilter implements StreamDecoderFilter {
  private exchange!: FilteredExchange;

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.exchange = exchangeOf(callbacks);
  }

  decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    this.exchange.codec?.encodeHeaders(asHeaders(headers), endStream);
    return FilterHeadersStatus.StopIteration;
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
