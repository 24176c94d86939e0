import {
  compileRequestTargetRules,
  hasEscapedSlash,
  type RequestTargetRules,
  redirectsPath,
  rewriteAuthority,
  rewritePath,
} from "@sluice/matching";
import type { HttpConnectionManager } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { AskedRequest } from "./asked-request.ts";

/** What the connection manager answers by itself. */
export interface OwnAnswer {
  readonly status: number;
  /** Of the connection manager: why; "": HTTP has it so. */
  readonly field: string;
  readonly message: string;
}

/** What a connection manager does to path, host and forwarding headers before it looks for the route. */
export function prepareRequest(
  manager: HttpConnectionManager,
  { headers, secure }: AskedRequest,
  port: number,
): OwnAnswer | undefined {
  const rules = compileRequestTargetRules(manager);
  const answer = preparePath(rules, headers);
  if (answer !== undefined) return answer;
  headers.set(":authority", rewriteAuthority(headers.get(":authority") ?? "", rules, String(port)));
  if (manager.useRemoteAddress?.valueOf() === true && manager.xffNumTrustedHops === 0)
    headers.set("x-forwarded-proto", secure ? "https" : "http");
  else if (headers.get("x-forwarded-proto") === undefined)
    headers.set("x-forwarded-proto", secure ? "https" : "http");
  return undefined;
}

function preparePath(rules: RequestTargetRules, headers: AskedRequest["headers"]): OwnAnswer | undefined {
  const original = headers.get(":path") ?? "/";
  const path = rewritePath(original, rules);
  const field = "path_with_escaped_slashes_action";
  if (path === undefined) {
    if (original.includes("#")) return { status: 400, field: "", message: "the path has a fragment" };
    return rules.escapedSlashes === "reject" && hasEscapedSlash(original)
      ? { status: 400, field, message: "the path has an escaped slash, which is refused" }
      : { status: 400, field: "normalize_path", message: "the path has an escaped NUL" };
  }
  if (redirectsPath(original, rules)) {
    return { status: 307, field, message: "the path has an escaped slash and is redirected without it" };
  }
  headers.set(":path", path);
  return undefined;
}
