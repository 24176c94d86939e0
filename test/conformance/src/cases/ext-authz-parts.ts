import { waitFor } from "@sluice/harness";
import type { AskedService } from "../answering-service.ts";
import { fileLog, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { CaseRequest } from "../conformance-case.ts";

export const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
export const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
export const PER_ROUTE = `"@type": ${TYPES}.ext_authz.v3.ExtAuthzPerRoute`;
export const SERVICE = staticCluster("authz", ["{{tcp}}"], OVER_HTTP2);
export const LOG = `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %ROUTE_NAME%")}`;
export const STATS = [
  "ok",
  "denied",
  "error",
  "disabled",
  "failure_mode_allowed",
  "invalid",
  "ignored_dynamic_metadata",
  "filter_state_name_collision",
  "omitted_response_headers",
  "request_header_limits_reached",
  "response_header_limits_reached",
  "shadow_denied",
  "shadow_error",
].map((name) => `http.main.ext_authz.${name}`);
export const CLUSTER_STATS = ["ok", "denied", "error", "invalid", "failure_mode_allowed"].map(
  (name) => `cluster.one.ext_authz.${name}`,
);

export const get = (path: string, ...headers: [string, string][]): CaseRequest => ({ path, headers });
export const post = (path: string, body: string, ...headers: [string, string][]): CaseRequest => ({
  path,
  headers,
  body,
  method: "POST",
});
/** Sends the requests, then tells what the service was asked. `calls`: how often, in the end. */
export function asking(asked: AskedService, requests: readonly CaseRequest[], calls: number) {
  return async ({ send }: { send(request: CaseRequest): Promise<unknown> }): Promise<unknown> => {
    asked.asked();
    const responses: unknown[] = [];
    for (const request of requests) responses.push(await send(request));
    const seen: unknown[] = [];
    await waitFor("questions", () => {
      seen.push(...asked.asked());
      return seen.length >= calls;
    });
    return { responses, asked: seen };
  };
}
