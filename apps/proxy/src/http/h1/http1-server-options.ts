import type { CompiledStringMatcher } from "@sluice/matching";
import type { HeaderSpelling } from "./header-spelling.ts";
import type { Http1Stats } from "./http1-stats.ts";
import type { TargetOptions } from "./request-target.ts";

/** What a server takes of requests, and how it answers them. */
export interface Http1ServerOptions extends TargetOptions {
  readonly headBytesMax: number;
  readonly headersMax: number;
  /** `accept_http_10`. */
  readonly acceptHttp10: boolean;
  /** `enable_trailers`; otherwise trailers are read and dropped. */
  readonly trailers: boolean;
  readonly underscores: "allow" | "reject" | "drop";
  /** `allow_custom_methods`. */
  readonly anyMethod: boolean;
  /** `allow_chunked_length`. */
  readonly allowChunkedLength: boolean;
  /** `ignore_http_11_upgrade`: offers to upgrade that are not heard. */
  readonly ignoredUpgrades: readonly CompiledStringMatcher[];
  /** `override_stream_error_on_invalid_http_message`: a 400 of our own need not end the connection. */
  readonly keepsOpenOnInvalidMessage: boolean;
  /** `header_key_format`. */
  readonly spelling: HeaderSpelling;
  readonly stats: Http1Stats;
}
