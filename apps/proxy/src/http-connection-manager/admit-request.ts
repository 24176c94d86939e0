import { isGrpcContentType } from "@sluice/matching";
import type { Headers } from "../http/header-map.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { preparePath } from "./prepare-request.ts";

/** Why a request is answered before any filter has seen it, as its response says and the access log. */
export interface Refusal {
  readonly status: number;
  readonly details: string;
  /** Where the answer sends the client: the path as it is now. */
  readonly redirects: boolean;
}

const refuse = (status: number, details: string, redirects = false): Refusal => ({
  status,
  details,
  redirects,
});

const MISSING_HOST = refuse(400, "missing_host_header");
const MISSING_PATH = refuse(404, "missing_path_rejected");
const ABSOLUTE_PATH = refuse(404, "absolute_path_rejected");
const BAD_PATH = refuse(400, "path_normalization_failed");
const OTHER_PATH = refuse(307, "path_normalization_failed", true);
const SLASH = 47;

/** What a request must have, and its path as the connection manager wants it; undefined: it may go on. */
export function admitRequest(
  headers: Headers,
  isConnect: boolean,
  config: ConnectionManagerConfig,
): Refusal | undefined {
  if (!headers.has(":authority")) return MISSING_HOST;
  if (isConnect) return undefined;
  const { counters } = config.stats;
  const path = headers.get(":path");
  if (path === undefined || path === "") return MISSING_PATH;
  if (path.charCodeAt(0) !== SLASH) {
    counters.downstream_rq_non_relative_path.inc();
    return ABSOLUTE_PATH;
  }
  const verdict = preparePath(headers, config);
  if (verdict === "ok") return undefined;
  // No gRPC client follows a redirect.
  if (verdict === "redirect" && !isGrpcContentType(headers.get("content-type"))) {
    counters.downstream_rq_redirected_with_normalized_path.inc();
    return OTHER_PATH;
  }
  counters.downstream_rq_failed_path_normalization.inc();
  return BAD_PATH;
}
