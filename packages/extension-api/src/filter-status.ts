/**
 * What a filter's callback answers. Integer constants rather than an enum: they are compared on the hot path, and type
 * stripping refuses enums. The meanings are Envoy's (envoy/http/filter.h, envoy/network/filter.h).
 */

/** Answer of `decodeHeaders` and `encodeHeaders`. */
export const FilterHeadersStatus = {
  /** Go on to the next filter. */
  Continue: 0,
  /** Do not call further filters for headers; data and trailers of this stream still reach THIS filter. Resume with `continueDecoding`/`continueEncoding`. */
  StopIteration: 1,
  /** Go on, but the stream does not end here although `endStream` was true: this filter adds data or trailers by itself. */
  ContinueAndDontEndStream: 2,
  /** Stop; whatever arrives is buffered for this filter and not shown to it until it continues. Over the buffer limit: 413 (decode) or 500 (encode) as a local reply. */
  StopAllIterationAndBuffer: 3,
  /** Stop; whatever arrives is buffered up to the high watermark, then the source is told to stop reading. */
  StopAllIterationAndWatermark: 4,
} as const;
export type FilterHeadersStatus = (typeof FilterHeadersStatus)[keyof typeof FilterHeadersStatus];

/** Answer of `decodeData` and `encodeData`. */
export const FilterDataStatus = {
  /** Go on; if headers were stopped by this filter, they are sent on first. */
  Continue: 0,
  /** Keep what arrived in the buffer for this filter; over the limit: 413 or 500. */
  StopIterationAndBuffer: 1,
  /** Keep what arrived; over the high watermark the source is told to stop reading instead of a local reply. */
  StopIterationAndWatermark: 2,
  /** Stop; the filter has taken the bytes, nothing is kept. */
  StopIterationNoBuffer: 3,
} as const;
export type FilterDataStatus = (typeof FilterDataStatus)[keyof typeof FilterDataStatus];

/** Answer of `decodeTrailers` and `encodeTrailers`. */
export const FilterTrailersStatus = { Continue: 0, StopIteration: 1 } as const;
export type FilterTrailersStatus = (typeof FilterTrailersStatus)[keyof typeof FilterTrailersStatus];

/** Answer of a network (L4) filter's `onNewConnection`, `onData` and `onWrite`. */
export const NetworkFilterStatus = { Continue: 0, StopIteration: 1 } as const;
export type NetworkFilterStatus = (typeof NetworkFilterStatus)[keyof typeof NetworkFilterStatus];

/** Answer of a listener filter. */
export const ListenerFilterStatus = { Continue: 0, StopIteration: 1 } as const;
export type ListenerFilterStatus = (typeof ListenerFilterStatus)[keyof typeof ListenerFilterStatus];
