import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ConnectionEnded, connectRaw, headerBlock, RawHttp2Client, requestFields } from "@sluice/harness";
import { httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const TYPE = "type.googleapis.com";
const PROXY_PROTOCOL = `listener_filters:
        - { name: pp, typed_config: { "@type": ${TYPE}/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol } }
      filter_chains:`;

/** Each listener is told the port by a PROXY header. */
const PORTS: Readonly<Record<string, string>> = {
  main: "forward_proto_config: { https_destination_ports: [443, 8443], http_destination_ports: [80] }",
  edge: "use_remote_address: true\nforward_proto_config: { https_destination_ports: [443] }\nappend_x_forwarded_port: true",
  hops: "use_remote_address: true\nxff_num_trusted_hops: 1\nforward_proto_config: { https_destination_ports: [443] }\nappend_x_forwarded_port: true",
};

const SCHEMES: Readonly<Record<string, string>> = {
  main: "",
  match: "scheme_header_transformation: { match_upstream: true }",
  both: "scheme_header_transformation: { match_upstream: true, scheme_to_overwrite: https }",
};

const WHOLE_URL = staticCluster(
  "whole",
  ["{{upstream}}"],
  httpOptions("explicit_http_config: { http_protocol_options: { send_fully_qualified_url: true } }"),
);

const TRACING = (share: number): string => `tracing:
  random_sampling: { value: ${share} }
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": ${TYPE}/envoy.config.trace.v3.OpenTelemetryConfig
      service_name: edge
      grpc_service: { envoy_grpc: { cluster_name: dead }, timeout: 0.25s }
`;
const UUIDS = (fields: string): string =>
  `request_id_extension: { typed_config: { "@type": ${TYPE}/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig, ${fields} } }`;
const REQUEST_IDS: Readonly<Record<string, string>> = {
  main: TRACING(100),
  none: TRACING(0),
  unpacked: TRACING(100) + UUIDS("pack_trace_reason: false"),
  half: TRACING(50),
  unused: TRACING(0) + UUIDS("use_request_id_for_trace_sampling: false"),
  untraced: "",
  returned: "always_set_request_id_in_response: true",
};
const IDS = [
  "00000000-1234-4234-8234-123456789012",
  "ffffffff-1234-4234-8234-123456789012",
  "00000001-1234-9234-8234-123456789012",
  "00000001-1234-a234-8234-123456789012",
  "00000001-1234-b234-8234-123456789012",
  "12345678-1234-4234-8234-12345678901",
  "no uuid",
  "",
];

const FRAME_LIMITS: Readonly<Record<string, string>> = {
  main: "max_consecutive_inbound_frames_with_empty_payload: 0",
  empty3: "max_consecutive_inbound_frames_with_empty_payload: 3",
  priority2: "max_inbound_priority_frames_per_stream: 2",
  priority0: "max_inbound_priority_frames_per_stream: 0",
  updates1: "max_inbound_window_update_frames_per_data_frame_sent: 1",
  control10: "max_outbound_control_frames: 10",
  frames10: "max_outbound_frames: 10",
};

const named = (hcms: Readonly<Record<string, string>>, parts: ListenerParts = {}): string =>
  listenersBootstrap(
    Object.fromEntries(Object.entries(hcms).map(([name, hcm]) => [name, { ...parts, hcm }])),
    "",
    WHOLE_URL,
  );

/** A request behind a PROXY header that names the port it was sent to. */
async function askBehind(target: Target, name: string, port: number, more: string): Promise<number> {
  const client = await connectRaw(await target.proxy.listenerPort(name));
  client.write(`PROXY TCP4 1.2.3.4 5.6.7.8 1000 ${port}\r\n`);
  client.write(`GET /${name}/${port} HTTP/1.1\r\nhost: a\r\n${more}\r\n`);
  const { status } = await client.response();
  client.destroy();
  return status;
}

/** What a connection hears: its responses' `connection` fields, and whether it was closed within `ms` after the last of them. */
async function lifeOf(
  target: Target,
  name: string,
  pausesMs: readonly number[],
  ms: number,
): Promise<unknown> {
  const client = await connectRaw(await target.proxy.listenerPort(name));
  const seen: unknown[] = [];
  try {
    for (const pause of pausesMs) {
      await wait(pause);
      client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      const response = await client.response();
      seen.push(response.header("connection") ?? "kept");
    }
    seen.push(await Promise.race([client.closed().then(() => "closed"), wait(ms, "open")]));
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
    seen.push("ended");
  } finally {
    client.destroy();
  }
  return seen;
}

/** Whether a connection lives on behind these frames, which follow one request. */
async function flood(
  target: Target,
  name: string,
  frames: (client: RawHttp2Client) => void,
): Promise<unknown> {
  const client = await RawHttp2Client.connect(await target.proxy.listenerPort(name), {
    windowUpdates: false,
  });
  client.request(1, "/");
  await client.outcome(1);
  frames(client);
  // What it answers may be on its way before the end.
  await wait(300);
  client.destroy();
  return client.closed ? "closed" : "open";
}

/** HEADERS and as many CONTINUATION frames as a field of that size needs. */
function largeRequest(client: RawHttp2Client, octets: number): void {
  const block = headerBlock([...requestFields("/"), ["x-large", "v".repeat(octets)]]);
  for (let at = 0; at < block.length; at += 16_000) {
    const last = at + 16_000 >= block.length;
    client.frame(at === 0 ? 1 : 9, (at === 0 ? 1 : 0) | (last ? 4 : 0), 1, block.subarray(at, at + 16_000));
  }
}

const times = (count: number, act: (i: number) => void): void => {
  for (let i = 0; i < count; i++) act(i);
};

export const CONNECTION_MANAGER_FIELD_CASES: readonly ConformanceCase[] = [
  {
    title: "the port that a connection came to decides x-forwarded-proto where configured",
    yaml: named(PORTS).replaceAll("filter_chains:", PROXY_PROTOCOL),
    observe: async (target) => {
      const seen: Record<string, number> = {};
      for (const name of Object.keys(PORTS)) {
        for (const port of [443, 80, 8443, 9]) {
          seen[`${name} ${port}`] = await askBehind(target, name, port, "");
          seen[`${name} ${port} said`] = await askBehind(
            target,
            name,
            port,
            "x-forwarded-proto: wss\r\nx-forwarded-port: 7\r\nx-forwarded-for: 9.9.9.9\r\n",
          );
        }
      }
      return seen;
    },
  },
  {
    title: "the scheme is the upstream's where configured, and one that is given wins",
    yaml: named(SCHEMES, { routes: '- { match: { prefix: "/" }, route: { cluster: whole } }' }),
    observe: (target) =>
      askListeners(target, Object.keys(SCHEMES), [
        { path: "/" },
        { path: "/https", headers: [["x-forwarded-proto", "https"]] },
        { path: "/other", headers: [["x-forwarded-proto", "ws"]] },
        { path: "http://absolute.test/", headers: [["x-forwarded-proto", "https"]] },
      ]),
  },
  {
    title: "request ids tell whether a request is traced, or not, as configured",
    yaml: named(REQUEST_IDS, {
      routes: `- match: { prefix: "/" }
  route: { cluster: one }
  response_headers_to_add: [{ header: { key: x-id, value: "%REQ(x-request-id)%" } }]`,
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const ask = (names: readonly string[], ids: readonly string[]) =>
        askListeners(
          target,
          names,
          ids.map((id, i) => ({ path: `/${i}`, headers: [["x-request-id", id]] as const })),
        );
      const seen = {
        ...(await ask(
          Object.keys(REQUEST_IDS).filter((name) => name !== "half"),
          IDS,
        )),
        // Luck decides about half of the ids that are made here.
        ...(await ask(
          ["half"],
          IDS.filter((id) => id.length === 36),
        )),
      };
      return Object.fromEntries(
        Object.entries(seen).map(([name, responses]) => [
          name,
          responses.map(({ fields }) =>
            // What was made here is random.
            fields
              .filter(([field]) => field.endsWith("-id"))
              .map(([field, id]) => [
                field,
                id.length > 1 && IDS.every((given) => given.slice(0, 14) !== id.slice(0, 14)) ? "<new>" : id,
              ]),
          ),
        ]),
      );
    },
    stats: Object.keys(REQUEST_IDS).flatMap((name) =>
      ["random_sampling", "not_traceable", "client_enabled", "service_forced"].map(
        (reason) => `http.${name}.tracing.${reason}`,
      ),
    ),
  },
  {
    title: "an HTTP/1 connection that is too old ends behind a response where that is wanted",
    yaml: listenersBootstrap({
      main: {
        hcm: "common_http_protocol_options: { max_connection_duration: 0.4s }\ndrain_timeout: 0.4s\ndelayed_close_timeout: 0.1s\nhttp1_safe_max_connection_duration: true",
      },
      plain: {
        hcm: "common_http_protocol_options: { max_connection_duration: 0.4s }\ndrain_timeout: 0.4s\ndelayed_close_timeout: 0.1s",
      },
      number: { hcm: "common_http_protocol_options: { max_requests_per_connection: 2 }" },
    }),
    ignoreUpstream: true,
    observe: async (target) => ({
      safeIdle: await lifeOf(target, "main", [0], 1_500),
      safeLate: await lifeOf(target, "main", [0, 1_200], 500),
      plainIdle: await lifeOf(target, "plain", [0], 1_500),
      plainLate: await lifeOf(target, "plain", [0, 600], 500),
      number: await lifeOf(target, "number", [0, 0], 500),
    }),
    stats: ["main", "plain", "number"].flatMap((name) =>
      [
        "downstream_cx_max_duration_reached",
        "downstream_cx_http1_soft_drain",
        "downstream_cx_drain_close",
        "downstream_cx_max_requests_reached",
      ].map((stat) => `http.${name}.${stat}`),
    ),
  },
  {
    title: "a client on a Unix socket is internal where configured",
    yaml: listenersBootstrap({
      main: {},
      local: { hcm: "use_remote_address: true\ninternal_address_config: { unix_sockets: true }" },
      outside: { hcm: "use_remote_address: true\ninternal_address_config: { unix_sockets: false }" },
      unsaid: { hcm: "use_remote_address: true\nappend_x_forwarded_port: true" },
      inside: { hcm: "internal_address_config: { unix_sockets: true }" },
    }).replaceAll(
      /- name: (local|outside|unsaid|inside)\n( *)address: .*/g,
      (_all, name: string, indent: string) =>
        `- name: ${name}\n${indent}address: { pipe: { path: "{{dir}}/${name}" } }`,
    ),
    observe: async ({ proxy }) => {
      const seen: number[] = [];
      for (const name of ["local", "outside", "unsaid", "inside"]) {
        for (const more of ["", "x-forwarded-for: 10.0.0.1\r\n"]) {
          const client = connect(join(proxy.dir, name));
          client.write(
            `GET /${name} HTTP/1.1\r\nhost: a\r\nx-envoy-retry-on: 5xx\r\nconnection: close\r\n${more}\r\n`,
          );
          let text = "";
          for await (const chunk of client) text += String(chunk);
          seen.push(Number(text.slice(9, 12)));
        }
      }
      return seen;
    },
  },
  {
    title: "floods of HTTP/2 frames end where the configuration draws the line",
    yaml: named(
      Object.fromEntries(
        Object.entries(FRAME_LIMITS).map(([name, limit]) => [
          name,
          `codec_type: HTTP2\ndelayed_close_timeout: 0.05s\nhttp2_protocol_options: { ${limit} }`,
        ]),
      ),
    ),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: Record<string, unknown> = {};
      for (const [name, count] of [
        ["main", 1],
        ["empty3", 3],
        ["empty3", 4],
      ] as const) {
        seen[`${name} ${count}`] = await flood(target, name, (client) => {
          client.request(3, "/", [], { method: "POST", endStream: false });
          times(count, () => client.data(3, "", false));
        });
      }
      for (const [name, count] of [
        ["priority2", 2],
        ["priority2", 5],
        ["priority0", 1],
      ] as const) {
        seen[`${name} ${count}`] = await flood(target, name, (client) =>
          times(count, () => client.frame(2, 0, 1, "\0\0\0\0\0")),
        );
      }
      for (const count of [9, 10, 20]) {
        seen[`updates1 ${count}`] = await flood(target, "updates1", (client) =>
          times(count, () => client.windowUpdate(0, 1)),
        );
      }
      for (const [name, count] of [
        ["control10", 5],
        ["control10", 200],
        ["frames10", 5],
        ["frames10", 200],
      ] as const) {
        seen[`${name} ${count}`] = await flood(target, name, (client) =>
          client.write("\0\0\x08\x06\0\0\0\0\0pingping".repeat(count)),
        );
      }
      return seen;
    },
    stats: [
      "http2.inbound_empty_frames_flood",
      "http2.inbound_priority_frames_flood",
      "http2.inbound_window_update_frames_flood",
      "http2.outbound_flood",
      "http2.outbound_control_flood",
    ],
  },
  {
    title: "streams that an HTTP/2 client resets have an allowance, and fields a size, as configured",
    yaml: named(
      Object.fromEntries(
        Object.entries({
          main: "max_request_headers_kb: 200",
          larger: "max_request_headers_kb: 200\nhttp2_protocol_options: { max_header_field_size_kb: 96 }",
          few: "http2_protocol_options: { stream_reset_burst: 5, stream_reset_rate: 1 }",
          many: "http2_protocol_options: { stream_reset_burst: 50, stream_reset_rate: 1 }",
          plain: "server_name: not-coded\nhttp2_protocol_options: { enable_huffman_encoding: false }",
        }).map(([name, fields]) => [name, `codec_type: HTTP2\ndelayed_close_timeout: 0.05s\n${fields}`]),
      ),
    ),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: Record<string, unknown> = {};
      for (const name of ["few", "many"]) {
        const client = await RawHttp2Client.connect(await target.proxy.listenerPort(name));
        times(8, (i) => {
          client.request(1 + 2 * i, "/", [], { method: "POST", endStream: false });
          client.reset(1 + 2 * i, 8);
        });
        await wait(300);
        seen[name] = [client.closed, client.goAway ?? "none"];
        client.destroy();
      }
      for (const [name, octets] of [
        ["main", 65_000],
        ["main", 66_000],
        ["larger", 66_000],
        ["larger", 98_000],
        ["larger", 99_000],
      ] as const) {
        const client = await RawHttp2Client.connect(await target.proxy.listenerPort(name));
        largeRequest(client, octets);
        const outcome = await client.outcome(1);
        seen[`${name} ${octets}`] = [outcome?.status ?? "none", client.goAway?.code ?? "none"];
        client.destroy();
      }
      const client = await RawHttp2Client.connect(await target.proxy.listenerPort("plain"), {
        settings: [[1, 4096]],
      });
      client.request(1, "/");
      await client.outcome(1);
      const head = client.frames.find(({ type }) => type === 1);
      seen.plain = head?.payload.includes("not-coded") === true;
      client.destroy();
      return seen;
    },
    stats: ["few", "many"].map((name) => `http.${name}.downstream_cx_protocol_error`),
  },
];
