import type { Counter, StatsScope } from "@sluice/extension-api";

/** Of requests, or of responses. */
export interface DirectionStats {
  readonly rulesProcessed: Counter;
  readonly metadataAdded: Counter;
  /** Where a rule says what that means. */
  readonly headerNotFound: Counter;
}

/** `http_filter_name.<stat_prefix>.` */
export interface HeaderToMetadataStats {
  readonly request: DirectionStats;
  readonly response: DirectionStats;
  readonly base64DecodeFailed: Counter;
  readonly headerValueTooLong: Counter;
  readonly regexSubstitutionFailed: Counter;
}

export function createHeaderToMetadataStats(root: StatsScope, prefix: string): HeaderToMetadataStats {
  const scope = root.scope("http_filter_name").scope(prefix);
  const direction = (name: string): DirectionStats => ({
    rulesProcessed: scope.counter(`${name}_rules_processed`),
    metadataAdded: scope.counter(`${name}_metadata_added`),
    headerNotFound: scope.counter(`${name}_header_not_found`),
  });
  return {
    request: direction("request"),
    response: direction("response"),
    base64DecodeFailed: scope.counter("base64_decode_failed"),
    headerValueTooLong: scope.counter("header_value_too_long"),
    regexSubstitutionFailed: scope.counter("regex_substitution_failed"),
  };
}
