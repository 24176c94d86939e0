import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  ResponseFlag,
  type StreamDecoderFilter,
} from "@sluice/extension-api";
import type { RequestEncoder } from "../../../../http/codec.ts";
import { asHeaders, type Headers } from "../../../../http/header-map.ts";
import { missingHeaderText, missingRequestHeader } from "../../../../http/required-headers.ts";
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
    this.send(codec, asHeaders(headers), endStream);
    return FilterHeadersStatus.StopIteration;
  }

  onConnected(): void {
    const { headers } = this;
    if (headers === undefined) return;
    this.headers = undefined;
    const { codec } = this.exchange;
    if (codec !== undefined && !this.send(codec, headers, this.headersOnly)) return;
    this.callbacks.continueDecoding();
  }

  /** False: the request lacks what it cannot be without, which answers it. */
  private send(codec: RequestEncoder, headers: Headers, endStream: boolean): boolean {
    const missing = missingRequestHeader(headers);
    if (missing === undefined) {
      codec.encodeHeaders(headers, endStream);
      return true;
    }
    const text = missingHeaderText(missing);
    this.callbacks.streamInfo.setResponseFlag(ResponseFlag.DownstreamProtocolError);
    this.callbacks.sendLocalReply(503, text, `filter_removed_required_request_headers{${text}}`);
    return false;
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
