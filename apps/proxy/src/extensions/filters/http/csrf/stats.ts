import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.csrf.…`: requests that change something, by where they say they come from. */
export interface CsrfStats {
  readonly missingSourceOrigin: Counter;
  readonly requestInvalid: Counter;
  readonly requestValid: Counter;
}

export function createCsrfStats(scope: StatsScope): CsrfStats {
  const csrf = scope.scope("csrf");
  return {
    missingSourceOrigin: csrf.counter("missing_source_origin"),
    requestInvalid: csrf.counter("request_invalid"),
    requestValid: csrf.counter("request_valid"),
  };
}
