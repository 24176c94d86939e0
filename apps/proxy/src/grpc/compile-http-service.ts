import type { Compiled, Problem } from "@sluice/extension-api";
import { type HttpService, HttpServiceSchema } from "@sluice/xds/gen/envoy/config/core/v3/http_service_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";

/** An HTTP service as the proxy's own exporters use it; plain data. */
export interface HttpTarget {
  readonly cluster: string;
  readonly host: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly timeoutMs: number;
}

const SUPPORTED: SupportedFields = {
  "envoy.config.core.v3.HttpService": ["http_uri", "request_headers_to_add"],
  "envoy.config.core.v3.HttpUri": ["uri", "cluster", "timeout"],
  "envoy.config.core.v3.HeaderValueOption": ["header"],
  "envoy.config.core.v3.HeaderValue": ["key", "value"],
};

export function compileHttpService(service: HttpService, path: string): Compiled<HttpTarget> {
  const problems: Problem[] = refuseUnsupportedFields(HttpServiceSchema, service, SUPPORTED, path);
  const refuse = (field: string, message: string): unknown =>
    problems.push({ path: `${path}.${field}`, message, severity: "error" });
  const uri = service.httpUri;
  const cluster = uri?.httpUpstreamType.case === "cluster" ? uri.httpUpstreamType.value : "";
  const url = URL.canParse(uri?.uri ?? "") ? new URL(uri?.uri ?? "") : undefined;
  if (cluster === "") refuse("http_uri", "needs a cluster");
  if (url === undefined) refuse("http_uri.uri", `'${uri?.uri ?? ""}' is not a URI`);
  const headers = service.requestHeadersToAdd.map(({ header }, index): readonly [string, string] => {
    const value = header?.value ?? "";
    if (value.includes("%"))
      refuse(`request_headers_to_add[${index}].header.value`, "command operators are not implemented here");
    return [(header?.key ?? "").toLowerCase(), value];
  });
  if (problems.length > 0 || url === undefined) return { ok: false, problems };
  const timeoutMs = durationMs(uri?.timeout, 0);
  return {
    ok: true,
    value: { cluster, host: url.host, path: url.pathname + url.search, headers, timeoutMs },
  };
}
