import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type SocketOption,
  SocketOption_SocketIpVersion,
  SocketOptionSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/socket_option_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { KeepaliveConfig } from "../connection/keep-alive.ts";

// As Linux numbers them.
const SOL_SOCKET = 1n;
const SO_REUSEADDR = 2n;
const SO_KEEPALIVE = 9n;
const IPPROTO_TCP = 6n;
const TCP_NODELAY = 1n;
const KEEPALIVE_FIELDS = new Map<bigint, keyof KeepaliveConfig>([
  [4n, "timeSeconds"],
  [5n, "intervalSeconds"],
  [6n, "probes"],
]);

/** Whatever a configuration says, but it may not say otherwise. */
const ALWAYS_ON: readonly (readonly [level: bigint, name: bigint])[] = [
  [IPPROTO_TCP, TCP_NODELAY],
  [SOL_SOCKET, SO_REUSEADDR],
];

const FIELDS = {
  "envoy.config.core.v3.SocketOption": [
    "description",
    "level",
    "name",
    "int_value",
    "buf_value",
    "state",
    "type",
    "ip_version",
  ],
};

const REASON =
  "Node sets SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, and TCP_NODELAY and SO_REUSEADDR (which all sockets have) alone";

/**
 * What a listener's `socket_options` come to: Node can set those of keepalive, and connections have them from the listening socket in
 * whatever state that gets them. `version`: of the address, undefined for a pipe. Undefined: nothing of keepalive.
 */
export function compileSocketOptions(
  options: readonly SocketOption[],
  path: string,
  version: 4 | 6 | undefined,
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
    if (!concerns(option, version)) continue;
    const value = integerOf(option);
    const field = level === IPPROTO_TCP ? KEEPALIVE_FIELDS.get(name) : undefined;
    if (level === SOL_SOCKET && name === SO_KEEPALIVE) on = value !== 0;
    else if (field !== undefined && value > 0) found[field] = value;
    else if (value === 0 || !ALWAYS_ON.some(([of, number]) => level === of && name === number)) {
      const message = `socket option ${name} of level ${level} is not implemented: ${REASON}`;
      problems.push({ path: at, message, severity: "error" });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: on ? found : undefined };
}

/** Options may be for sockets of datagrams, or for one version of addresses alone. */
function concerns({ type, ipVersion }: SocketOption, version: 4 | 6 | undefined): boolean {
  if (type?.datagram !== undefined && type.stream === undefined) return false;
  if (ipVersion === SocketOption_SocketIpVersion.IPV4) return version === 4;
  return ipVersion !== SocketOption_SocketIpVersion.IPV6 || version === 6;
}

/** An int's octets are as good as the int. */
function integerOf({ value }: SocketOption): number {
  if (value.case !== "bufValue") return Number(value.value ?? 0n);
  const octets = Buffer.from(value.value);
  return octets.length === 4 ? octets.readInt32LE(0) : 0;
}
