import { isIP } from "node:net";
import type { Compiled, Problem } from "@sluice/extension-api";
import type { Address, TcpKeepalive } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { SocketOption } from "@sluice/xds/gen/envoy/config/core/v3/socket_option_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { printAddress } from "../cluster/print-address.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";
import { compileKeepalive, type KeepaliveConfig } from "../connection/keep-alive.ts";
import type { StatFilter } from "../stats/own-matchers.ts";
import { compileStatsMatcher } from "../stats/stats-settings.ts";
import { sanitizeStatName } from "../stats/thread-stats.ts";
import { EXTENSION_SOURCE_FIELDS } from "../xds/config-source.ts";
import type { SocketSpec } from "./listener-spec.ts";
import { compileSocketOptions } from "./socket-options.ts";

/** What of a listener has an effect; what its filter chains hold is for `filter-chain/` to judge. */
export const LISTENER_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.listener.v3.Listener": [
    "stats_matcher",
    "name",
    "address",
    "additional_addresses",
    "stat_prefix",
    "filter_chains",
    "default_filter_chain",
    "filter_chain_matcher",
    "per_connection_buffer_limit_bytes",
    "per_connection_buffer_high_watermark_timeout",
    "metadata",
    "traffic_direction",
    "listener_filters",
    "listener_filters_timeout",
    "continue_on_listener_filters_timeout",
    "enable_reuse_port",
    "tcp_backlog_size",
    "access_log",
    "drain_type",
    "bind_to_port",
    "deprecated_v1",
    "use_original_dst",
    "freebind",
    "transparent",
    "tcp_fast_open_queue_length",
    "socket_options",
    "connection_balance_config",
    // libuv accepts one connection an event, which is within every limit.
    "max_connections_to_accept_per_socket_event",
    "ignore_global_conn_limit",
    "bypass_overload_manager",
    "tcp_keepalive",
  ],
  "envoy.config.listener.v3.FilterChain": [
    "name",
    "filter_chain_match",
    "filters",
    "transport_socket",
    "transport_socket_connect_timeout",
    "metadata",
    "use_proxy_proto",
  ],
  "envoy.config.listener.v3.Listener.DeprecatedV1": ["bind_to_port"],
  "envoy.config.listener.v3.Filter": ["name", "typed_config", "config_discovery"],
  ...EXTENSION_SOURCE_FIELDS,
  "envoy.config.listener.v3.AdditionalAddress": ["address", "tcp_keepalive", "socket_options"],
  "envoy.config.core.v3.SocketOptionsOverride": ["socket_options"],
  "envoy.config.core.v3.TcpKeepalive": ["keepalive_probes", "keepalive_time", "keepalive_interval"],
  "envoy.config.core.v3.Address": ["socket_address", "pipe"],
  "envoy.config.core.v3.SocketAddress": ["protocol", "address", "port_value", "ipv4_compat"],
  "envoy.config.core.v3.Pipe": ["path", "mode"],
  "envoy.config.listener.v3.Listener.ConnectionBalanceConfig": ["exact_balance"],
};

const NO_ORIGINAL_DESTINATION =
  "connections cannot be handed on by their original destination (SO_ORIGINAL_DST)";

/** With the byte that ends it (unix(7)). */
const PIPE_PATH_BYTES_MAX = 108;

/** Node's default, which the kernel caps at net.core.somaxconn. */
const BACKLOG = 4096;

export interface ListenerSockets {
  readonly sockets: readonly SocketSpec[];
  /** `listener.<this>.`: `stat_prefix`, or the first address. */
  readonly statName: string;
  /** `exact_balance`: each connection goes to the worker that has the fewest. */
  readonly balanced: boolean;
  /** Undefined: the bootstrap says which stats there are. */
  readonly statsMatcher: StatFilter | undefined;
}

/** Where a listener listens, and everything set on it that has no effect. */
export function compileListenerSockets(listener: Listener): Compiled<ListenerSockets> {
  const problems: Problem[] = refuseUnsupportedFields(ListenerSchema, listener, LISTENER_SUPPORTED_FIELDS);
  for (const [path, set, reason] of impossible(listener)) {
    if (set) problems.push({ path, message: `${path} is not implemented: ${reason}`, severity: "error" });
  }
  const backlog = listener.tcpBacklogSize ?? BACKLOG;
  const sockets: SocketSpec[] = [];
  const socketOptions = (
    of: readonly SocketOption[],
    path: string,
    address: Address | undefined,
  ): KeepaliveConfig | undefined => {
    const compiled = compileSocketOptions(of, path, versionOf(address));
    if (compiled.ok) return compiled.value;
    // Several addresses may have the same options.
    const told = new Set(problems.map((problem) => problem.path));
    problems.push(...compiled.problems.filter((problem) => !told.has(problem.path)));
    return undefined;
  };
  const { address: mainAddress, tcpKeepalive, socketOptions: usual } = listener;
  const addresses = [
    {
      address: mainAddress,
      path: "address",
      tcpKeepalive,
      byOptions: socketOptions(usual, "socket_options", mainAddress),
    },
    ...listener.additionalAddresses.map((each, index) => ({
      address: each.address,
      path: `additional_addresses[${index}].address`,
      tcpKeepalive: each.tcpKeepalive ?? tcpKeepalive,
      byOptions:
        each.socketOptions === undefined
          ? socketOptions(usual, "socket_options", each.address)
          : socketOptions(
              each.socketOptions.socketOptions,
              `additional_addresses[${index}].socket_options.socket_options`,
              each.address,
            ),
    })),
  ];
  for (const { address, path, tcpKeepalive: keepalive, byOptions } of addresses) {
    const options = {
      backlog,
      reusePort: listener.enableReusePort ?? true,
      keepalive: listenerKeepalive(keepalive) ?? byOptions,
      bypassesOverload: listener.bypassOverloadManager,
    };
    const socket = compileAddress(address, options);
    if (typeof socket === "string") problems.push({ path, message: socket, severity: "error" });
    else sockets.push(socket);
  }
  const accepts =
    listener.statsMatcher === undefined
      ? undefined
      : compileStatsMatcher(listener.statsMatcher, "stats_matcher");
  if (accepts?.ok === false) problems.push(...accepts.problems);
  const statsMatcher = accepts?.ok === true ? accepts.value : undefined;
  const [first] = sockets;
  if (problems.length > 0 || first === undefined) return { ok: false, problems };
  const statName = listener.statPrefix === "" ? first.key : listener.statPrefix;
  const balanced = listener.connectionBalanceConfig?.balanceType.case === "exactBalance";
  return { ok: true, value: { sockets, statName: sanitizeStatName(statName), balanced, statsMatcher } };
}

function versionOf(address: Address | undefined): 4 | 6 | undefined {
  if (address?.address.case !== "socketAddress") return undefined;
  return isIP(address.address.value.address) === 6 ? 6 : 4;
}

/** Fields whose default has no effect and whose other values Node's sockets cannot have. */
function impossible(listener: Listener): readonly (readonly [path: string, set: boolean, reason: string])[] {
  return [
    ["bind_to_port", listener.bindToPort === false, NO_ORIGINAL_DESTINATION],
    ["deprecated_v1.bind_to_port", listener.deprecatedV1?.bindToPort === false, NO_ORIGINAL_DESTINATION],
    [
      "use_original_dst",
      listener.useOriginalDst === true,
      "the address before a redirection (SO_ORIGINAL_DST) cannot be read from Node sockets",
    ],
    ["freebind", listener.freebind === true, "IP_FREEBIND cannot be set"],
    ["transparent", listener.transparent === true, "IP_TRANSPARENT cannot be set"],
    ["tcp_fast_open_queue_length", (listener.tcpFastOpenQueueLength ?? 0) > 0, "TCP_FASTOPEN cannot be set"],
  ];
}

interface AddressOptions {
  readonly backlog: number;
  readonly reusePort: boolean;
  readonly keepalive: KeepaliveConfig | undefined;
  readonly bypassesOverload: boolean;
}

const USUAL: AddressOptions = {
  backlog: BACKLOG,
  reusePort: true,
  keepalive: undefined,
  bypassesOverload: false,
};

/** A field that is 0 turns it off, as in Envoy. */
function listenerKeepalive(given: TcpKeepalive | undefined): KeepaliveConfig | undefined {
  const compiled = compileKeepalive(given);
  return compiled !== undefined && Object.values(compiled).includes(0) ? undefined : compiled;
}

/** A message when the address cannot be listened on. */
export function compileAddress(
  address: Address | undefined,
  { backlog, reusePort, keepalive, bypassesOverload }: AddressOptions = USUAL,
): SocketSpec | string {
  switch (address?.address.case) {
    case "pipe": {
      const { path, mode } = address.address.value;
      if (Buffer.byteLength(path) >= PIPE_PATH_BYTES_MAX)
        return `Path "${path}" exceeds maximum UNIX domain socket path size of ${PIPE_PATH_BYTES_MAX}`;
      return { kind: "pipe", key: path, path, mode, bypassesOverload, shared: false };
    }
    case "socketAddress": {
      const { value } = address.address;
      if (value.protocol !== 0) return "protocol UDP is not implemented";
      if (isIP(value.address) === 0) return `'${value.address}' is not an IP address`;
      if (value.ipv4Compat && value.address !== "::" && !/^::ffff:/i.test(value.address))
        return `only '::' or an IPv4-mapped IPv6 address can set ipv4_compat, not ${value.address}`;
      const port = value.portSpecifier.case === "portValue" ? value.portSpecifier.value : undefined;
      if (port === undefined) return "needs a port_value (0: the system chooses)";
      return {
        kind: "tcp",
        key: printAddress(value.address, port),
        host: value.address,
        port,
        ipv6Only: !value.ipv4Compat,
        backlog,
        reusePort,
        keepalive,
        bypassesOverload,
        shared: false,
      };
    }
    default:
      return "needs a socket_address or a pipe";
  }
}
