import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type SocketOption,
  SocketOptionSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/socket_option_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { KeepaliveConfig } from "../connection/keep-alive.ts";

// As Linux numbers them.
const SOL_SOCKET = 1n;
const SO_KEEPALIVE = 9n;
const IPPROTO_TCP = 6n;
const TCP_NODELAY = 1n;
const KEEPALIVE_FIELDS = new Map<bigint, keyof KeepaliveConfig>([
  [4n, "timeSeconds"],
  [5n, "intervalSeconds"],
  [6n, "probes"],
]);

const FIELDS = {
  "envoy.config.core.v3.SocketOption": ["description", "level", "name", "int_value", "state"],
};

const REASON =
  "Node sets SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and TCP_NODELAY (which all connections have) alone";

/**
 * What a listener's `socket_options` come to: Node can set those of keepalive, and connections have them from the listening socket in
 * whatever state that gets them. Undefined: nothing of keepalive.
 */
export function compileSocketOptions(
  options: readonly SocketOption[],
  path: string,
): Compiled<KeepaliveConfig | undefined> {
  const problems: Problem[] = [];
  let on = false;
  const found: { -readonly [K in keyof KeepaliveConfig]: KeepaliveConfig[K] } = {
    timeSeconds: undefined,
    intervalSeconds: undefined,
    probes: undefined,
  };
  for (const [index, option] of options.entries()) {
    const at = `${path}[${index}]`;
    problems.push(...refuseUnsupportedFields(SocketOptionSchema, option, FIELDS, at));
    const { level, name } = option;
    const value = option.value.case === "intValue" ? Number(option.value.value) : 0;
    const field = level === IPPROTO_TCP ? KEEPALIVE_FIELDS.get(name) : undefined;
    if (level === SOL_SOCKET && name === SO_KEEPALIVE) on = value !== 0;
    else if (field !== undefined && value > 0) found[field] = value;
    else if (level !== IPPROTO_TCP || name !== TCP_NODELAY || value === 0) {
      const message = `socket option ${name} of level ${level} is not implemented: ${REASON}`;
      problems.push({ path: at, message, severity: "error" });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: on ? found : undefined };
}
