import type { FilterStateObject } from "@sluice/matching";

/** What the filter state has of a stream: `emit_filter_state`. */
export class MessageCounts implements FilterStateObject {
  requests = 0;
  responses = 0;

  serializeAsString(): string {
    return `${this.requests},${this.responses}`;
  }

  /** `envoy.extensions.filters.http.grpc_stats.v3.FilterObject`. */
  serializeAsJson(): string {
    return JSON.stringify({
      requestMessageCount: this.requests === 0 ? undefined : String(this.requests),
      responseMessageCount: this.responses === 0 ? undefined : String(this.responses),
    });
  }
}
