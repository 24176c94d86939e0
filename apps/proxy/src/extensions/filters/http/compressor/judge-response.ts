import type { HeaderMap } from "@sluice/extension-api";
import { hasHeaderToken, isUpgrade } from "../../../../compression/direction-headers.ts";
import type { DirectionConfig, ResponseConfig } from "./config.ts";
import { contentTypeOf } from "./content-types.ts";

/** Why a response that might have been compressed is not, in `x-envoy-compression-status`. */
export type Refusal =
  | "ContentLengthTooSmall"
  | "ContentTypeNotAllowed"
  | "EtagNotAllowed"
  | "StatusCodeNotAllowed";

export interface Verdict {
  readonly compress: boolean;
  /** The response would differ for another `accept-encoding`. */
  readonly vary: boolean;
  /** Only where the status header is wanted. */
  readonly refusal: Refusal | undefined;
}

/**
 * Whether a response is compressed. `isChosen`: whether `accept-encoding` chose this filter; it counts, and is asked at most once.
 * With the status header the checks come in another order, as in Envoy, and with them what is counted.
 */
export function judgeResponse(
  headers: HeaderMap,
  endStream: boolean,
  config: ResponseConfig,
  enabled: boolean,
  encoding: string,
  isChosen: () => boolean,
): Verdict {
  if (config.statusHeader) return judgeWithStatus(headers, endStream, config, enabled, encoding, isChosen);
  const longEnough = enabled && isLongEnough(headers, config);
  const vary =
    longEnough &&
    isTransformable(headers) &&
    isTypeAllowed(headers, config) &&
    // Counted before it is seen that another filter has been at work.
    isEtagAllowed(headers, config, true) &&
    !headers.has("content-encoding") &&
    isCodeAllowed(headers, config);
  const compress =
    !endStream && longEnough && isChosen() && vary && isTransferEncodingAllowed(headers, encoding);
  return { compress, vary, refusal: undefined };
}

function judgeWithStatus(
  headers: HeaderMap,
  endStream: boolean,
  config: ResponseConfig,
  enabled: boolean,
  encoding: string,
  isChosen: () => boolean,
): Verdict {
  if (!enabled || !isTransformable(headers) || headers.has("content-encoding"))
    return { compress: false, vary: false, refusal: undefined };
  const refusal = findRefusal(headers, config, !endStream);
  // Envoy looks at the length again for the sake of `vary`.
  const vary = isLongEnough(headers, config) && refusal === undefined;
  const compress = !endStream && vary && isChosen() && isTransferEncodingAllowed(headers, encoding);
  return { compress, vary, refusal: endStream ? undefined : refusal };
}

function findRefusal(headers: HeaderMap, config: ResponseConfig, counts: boolean): Refusal | undefined {
  if (lengthIsBelow(headers, config.minContentLength)) {
    if (counts) config.stats.contentLengthTooSmall.inc();
    return "ContentLengthTooSmall";
  }
  if (!isTypeAllowed(headers, config)) return "ContentTypeNotAllowed";
  if (!isEtagAllowed(headers, config, counts)) return "EtagNotAllowed";
  return isCodeAllowed(headers, config) ? undefined : "StatusCodeNotAllowed";
}

/** Counts messages that are not. One that does not say its length is long enough. */
export function isLongEnough(headers: HeaderMap, config: DirectionConfig): boolean {
  if (!lengthIsBelow(headers, config.minContentLength)) return true;
  config.stats.contentLengthTooSmall.inc();
  return false;
}

function lengthIsBelow(headers: HeaderMap, minContentLength: number): boolean {
  const length = headers.get("content-length");
  return length !== undefined && !(/^\d+$/.test(length) && Number(length) >= minContentLength);
}

function isTransformable(headers: HeaderMap): boolean {
  return !isUpgrade(headers) && !hasHeaderToken(headers, "cache-control", "no-transform");
}

/** A message without a content type is. */
export function isTypeAllowed(headers: HeaderMap, config: DirectionConfig): boolean {
  const type = contentTypeOf(headers);
  return type === undefined || config.contentTypes(type);
}

function isEtagAllowed(headers: HeaderMap, config: ResponseConfig, counts: boolean): boolean {
  if (!config.disableOnEtag || config.weakenEtag || !headers.has("etag")) return true;
  if (counts) config.negotiation.notCompressedEtag.inc();
  return false;
}

function isCodeAllowed(headers: HeaderMap, config: ResponseConfig): boolean {
  return !config.uncompressibleCodes.has(headers.get(":status") ?? "");
}

const CODINGS: readonly string[] = ["gzip", "br", "deflate", "compress", "zstd"];

/** A transfer coding that compresses leaves nothing to do. */
export function isTransferEncodingAllowed(headers: HeaderMap, encoding: string): boolean {
  if (!headers.has("transfer-encoding")) return true;
  return ![...CODINGS, encoding].some((coding) => hasHeaderToken(headers, "transfer-encoding", coding));
}
