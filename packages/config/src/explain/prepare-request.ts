import { hasEscapedSlash, mergeSlashes, normalizePath, unescapeSlashes } from "@sluice/matching";
import {
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  type HttpConnectionManager,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { AskedRequest } from "./asked-request.ts";

/** What the connection manager answers by itself. */
export interface OwnAnswer {
  readonly status: number;
  readonly field: string;
  readonly message: string;
}

/** What a connection manager does to path, host and forwarding headers before it looks for the route. */
export function prepareRequest(
  manager: HttpConnectionManager,
  { headers, secure }: AskedRequest,
  port: number,
): OwnAnswer | undefined {
  const answer = preparePath(manager, headers);
  if (answer !== undefined) return answer;
  prepareHost(manager, headers, port);
  if (manager.useRemoteAddress?.valueOf() === true && manager.xffNumTrustedHops === 0)
    headers.set("x-forwarded-proto", secure ? "https" : "http");
  else if (headers.get("x-forwarded-proto") === undefined)
    headers.set("x-forwarded-proto", secure ? "https" : "http");
  return undefined;
}

function preparePath(
  manager: HttpConnectionManager,
  headers: AskedRequest["headers"],
): OwnAnswer | undefined {
  let path = headers.get(":path") ?? "/";
  const action = manager.pathWithEscapedSlashesAction;
  const field = "path_with_escaped_slashes_action";
  if (hasEscapedSlash(path)) {
    if (action === EscapedSlashes.REJECT_REQUEST)
      return { status: 400, field, message: "the path has an escaped slash, which is refused" };
    if (action === EscapedSlashes.UNESCAPE_AND_REDIRECT)
      return { status: 307, field, message: "the path has an escaped slash and is redirected without it" };
    if (action === EscapedSlashes.UNESCAPE_AND_FORWARD) path = unescapeSlashes(path);
  }
  if (manager.normalizePath?.valueOf() === true) {
    const normal = normalizePath(path);
    if (normal === undefined)
      return { status: 400, field: "normalize_path", message: "the path has an escaped NUL" };
    path = normal;
  }
  if (manager.mergeSlashes) path = mergeSlashes(path);
  headers.set(":path", path);
  return undefined;
}

function prepareHost(manager: HttpConnectionManager, headers: AskedRequest["headers"], port: number): void {
  const authority = headers.get(":authority") ?? "";
  const at = authority.search(/:\d*$/);
  let host = at < 0 ? authority : authority.slice(0, at);
  let rest = at < 0 ? "" : authority.slice(at);
  const stripAny = manager.stripPortMode.case === "stripAnyHostPort" && manager.stripPortMode.value;
  if (stripAny || (manager.stripMatchingHostPort && rest === `:${port}`)) rest = "";
  if (manager.stripTrailingHostDot && host.endsWith(".")) host = host.slice(0, -1);
  headers.set(":authority", host + rest);
}
