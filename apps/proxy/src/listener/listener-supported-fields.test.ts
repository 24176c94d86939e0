import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { compileListenerSockets } from "./compile-listener-sockets.ts";

const ADDRESS = { socket_address: { address: "127.0.0.1", port_value: 0 } };

function problems(listener: JsonObject): string {
  const message = fromJson(
    ListenerSchema,
    { name: "l", address: ADDRESS, ...listener },
    { registry: apiRegistry() },
  );
  const compiled = compileListenerSockets(message);
  return compiled.ok ? "" : compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

const REFUSED: Readonly<Record<string, JsonObject>> = {
  use_original_dst: { use_original_dst: true },
  transparent: { transparent: true },
  freebind: { freebind: true },
  "deprecated_v1.bind_to_port": { deprecated_v1: { bind_to_port: false } },
  "socket_options[0]": { socket_options: [{ level: "1", name: "13", int_value: "3" }] },
  tcp_fast_open_queue_length: { tcp_fast_open_queue_length: 5 },
  api_listener: { api_listener: {} },
  "connection_balance_config.extend_balance": {
    connection_balance_config: { extend_balance: { name: "envoy.network.connection_balance.dlb" } },
  },
  bind_to_port: { bind_to_port: false },
  internal_listener: { internal_listener: {} },
  enable_mptcp: { enable_mptcp: true },
  "address.socket_address.named_port": {
    address: { socket_address: { address: "::1", named_port: "http" } },
  },
  "address.socket_address.resolver_name": {
    address: { socket_address: { address: "::1", port_value: 1, resolver_name: "r" } },
  },
  "address.envoy_internal_address": { address: { envoy_internal_address: { server_listener_name: "x" } } },
  "additional_addresses[0].socket_options.socket_options[0]": {
    additional_addresses: [
      {
        address: ADDRESS,
        socket_options: { socket_options: [{ level: "1", name: "13", buf_value: "AQAAAAAAAAA=" }] },
      },
    ],
  },
};

for (const [path, listener] of Object.entries(REFUSED)) {
  test(`${path} of a listener is refused by name`, () => {
    const found = problems(listener)
      .split("\n")
      .find((line) => line.startsWith(`${path}: `));
    assert.match(found ?? "", /not implemented/);
  });
}

test("what has no effect by its default, or in Envoy, may be said", () => {
  const usual = { bind_to_port: true, freebind: false, transparent: false, tcp_fast_open_queue_length: 0 };
  const older = { deprecated_v1: { bind_to_port: true }, use_original_dst: false, reuse_port: true };
  assert.equal(problems({ ...usual, ...older, udp_listener_config: {} }), "");
});

test("keepalive may be set by socket options, for each address", () => {
  const options = (...list: readonly (readonly [level: string, name: string, value: string])[]) =>
    list.map(([level, name, int_value]) => ({ level, name, int_value, state: "STATE_LISTENING" }));
  const message = fromJson(ListenerSchema, {
    name: "l",
    address: ADDRESS,
    socket_options: options(
      ["1", "9", "1"],
      ["6", "4", "50"],
      ["6", "5", "20"],
      ["6", "6", "7"],
      ["6", "1", "1"],
    ),
    additional_addresses: [
      { address: ADDRESS },
      { address: ADDRESS, socket_options: { socket_options: options(["6", "4", "50"]) } },
      { address: ADDRESS, tcp_keepalive: { keepalive_time: 9 } },
    ],
  });
  const compiled = compileListenerSockets(message);
  assert.ok(compiled.ok);
  const all = { timeSeconds: 50, intervalSeconds: 20, probes: 7 };
  assert.deepEqual(
    compiled.value.sockets.map((socket) => (socket.kind === "tcp" ? socket.keepalive : undefined)),
    [all, all, undefined, { timeSeconds: 9, intervalSeconds: undefined, probes: undefined }],
  );
});

test("socket options may be for other sockets than the listener's", () => {
  const option = { level: "1", name: "99", int_value: "1" };
  assert.equal(problems({ socket_options: [{ ...option, type: { datagram: {} } }] }), "");
  assert.equal(problems({ socket_options: [{ ...option, ip_version: "SOCKET_IP_VERSION_IPV6" }] }), "");
  assert.match(
    problems({ socket_options: [{ ...option, ip_version: "SOCKET_IP_VERSION_IPV4" }] }),
    /socket option 99 of level 1 is not implemented/,
  );
  assert.equal(problems({ socket_options: [{ level: "1", name: "9", buf_value: "AQAAAA==" }] }), "");
  assert.equal(problems({ socket_options: [{ level: "1", name: "2", int_value: "1" }] }), "");
});

test("a listener of what is implemented has no problems", () => {
  assert.equal(
    problems({
      tcp_backlog_size: 5,
      stat_prefix: "x",
      enable_reuse_port: true,
      max_connections_to_accept_per_socket_event: 1,
    }),
    "",
  );
});

test("a pipe's path may be as long as a socket's name", () => {
  const pipe = (length: number) => problems({ address: { pipe: { path: `/${"a".repeat(length - 1)}` } } });
  assert.equal(pipe(107), "");
  assert.match(pipe(108), /^address: Path "\/a+" exceeds maximum UNIX domain socket path size of 108$/);
});
