import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, waitFor } from "@sluice/harness";
import { fileLog, indent } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { session } from "../tcp-session.ts";

const FORMAT =
  "flags=%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% %DYNAMIC_METADATA(envoy.filters.network.rbac)% %DYNAMIC_METADATA(envoy.common)%";

/** A listener with one filter before an echo, and its connections' log. */
function guarded(name: string, type: string, fields: string): string {
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  access_log: ${fileLog(`${name} ${FORMAT}`)}
  filter_chains:
    - filters:
        - name: guard
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.${type}
            stat_prefix: ${name}
${indent(fields, 12)}
        - name: echo
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
`;
}

const rbac = (name: string, fields: string) => guarded(name, "rbac.v3.RBAC", fields);
const FROM_2 = "{ direct_remote_ip: { address_prefix: 127.0.0.2, prefix_len: 32 } }";
const ANYTHING = "permissions: [{ any: true }]";

const LISTENERS = [
  rbac(
    "main",
    `rules: { action: DENY, policies: { "bad one": { ${ANYTHING}, principals: [${FROM_2}] } } }
shadow_rules: { action: ALLOW, policies: { z: { ${ANYTHING}, principals: [{ any: true }] }, a: { ${ANYTHING}, principals: [{ not_id: ${FROM_2} }] } } }
shadow_rules_stat_prefix: shd_`,
  ),
  rbac(
    "allow",
    `rules:
  action: ALLOW
  policies:
    p:
      permissions:
        - and_rules: { rules: [{ destination_ip: { address_prefix: 127.0.0.0, prefix_len: 8 } }, { destination_port_range: { start: 1, end: 65535 } }, { not_rule: { destination_port: 9 } }, { requested_server_name: { exact: "" } }] }
      principals: [{ or_ids: { ids: [${FROM_2}, { authenticated: {} }] } }]`,
  ),
  rbac("log", `rules: { action: LOG, policies: { p: { ${ANYTHING}, principals: [${FROM_2}] } } }`),
  rbac(
    "always",
    `enforcement_type: CONTINUOUS
rules: { action: ALLOW, policies: { p: { ${ANYTHING}, principals: [{ any: true }] } } }
shadow_rules: { action: ALLOW, policies: {} }`,
  ),
  rbac("delayed", `rules: { action: ALLOW, policies: {} }\ndelay_deny: 0.2s`),
  rbac(
    "tree",
    `matcher:
  matcher_tree:
    input: { name: source, typed_config: { "@type": type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput } }
    exact_match_map:
      map:
        "127.0.0.1": { action: { name: a, typed_config: { "@type": type.googleapis.com/envoy.config.rbac.v3.Action, name: yes-1, action: ALLOW } } }
        "127.0.0.2": { action: { name: b, typed_config: { "@type": type.googleapis.com/envoy.config.rbac.v3.Action, name: no-2, action: DENY } } }`,
  ),
  guarded("limit", "connection_limit.v3.ConnectionLimit", "max_connections: 1"),
  guarded(
    "rate",
    "local_ratelimit.v3.LocalRateLimit",
    "token_bucket: { max_tokens: 2, tokens_per_fill: 1, fill_interval: 60s }",
  ),
];

const FLAGS: Readonly<Record<string, string>> = {
  main: "true",
  never: "false",
  "text-true": '"true"',
  "text-false": '"false"',
  "text-FALSE": '"FALSE"',
  zero: "0",
  one: "1",
  "text-zero": '"0"',
  word: '"word"',
};

/** Limits each connection after the first where its flag says so. */
const FLAGGED = Object.keys(FLAGS).flatMap((name) =>
  ["true", "false"].map((by) =>
    guarded(
      by === "true" ? name : `${name}-off`,
      "local_ratelimit.v3.LocalRateLimit",
      `token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: 300s }
runtime_enabled: { default_value: ${by}, runtime_key: flag.${name} }`,
    ),
  ),
);

export const NETWORK_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "network filters let connections in or close them: rbac, connection_limit, local_ratelimit",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(LISTENERS.join(""), 4)}
`,
    observe: async ({ proxy }) => {
      const seen: Record<string, unknown> = {};
      const run = async (name: string, localAddress: string, at: number) => {
        const port = await proxy.listenerPort(name);
        const { received } = await session(port, { send: "x", until: "x", waitMs: 700, localAddress });
        seen[`${name} ${at}`] = received;
        await wait(60);
      };
      for (const name of ["main", "allow", "log", "tree"]) {
        await run(name, "127.0.0.1", 1);
        await run(name, "127.0.0.2", 2);
      }
      await run("tree", "127.0.0.3", 3);
      await run("delayed", "127.0.0.1", 1);
      const always = await proxy.listenerPort("always");
      const parts = await session(always, { send: "x", next: ["y", "z"], until: "xyz" });
      const limited = await proxy.listenerPort("limit");
      const held = await connectRaw(limited);
      held.write("a");
      const received = (await held.reader.exactly(1)).toString();
      await run("limit", "127.0.0.1", 2);
      held.destroy();
      const active = "connection_limit.limit.active_connections";
      await waitFor("the first to be gone", async () => (await proxy.stats(active)).get(active) === 0);
      await run("limit", "127.0.0.1", 3);
      for (const at of [1, 2, 3]) await run("rate", "127.0.0.1", at);
      return { ...seen, received, parts };
    },
    accessLog: { file: "access.log", lines: 17 },
    stats: [
      ...["main", "allow", "log", "always", "delayed", "tree"].flatMap((name) =>
        ["allowed", "denied"].map((stat) => `${name}.rbac.${stat}`),
      ),
      "main.rbac.shd_.shadow_allowed",
      "main.rbac.shd_.shadow_denied",
      "always.rbac.shadow_denied",
      "connection_limit.limit.limited_connections",
      "connection_limit.limit.active_connections",
      "local_rate_limit.rate.rate_limited",
    ],
  },
  {
    title: "runtime feature flags are booleans, whatever else is under their key",
    yaml: `
node: { id: node, cluster: nodes }
layered_runtime:
  layers:
    - { name: base, static_layer: { flag: { ${Object.entries(FLAGS)
      .map(([name, value]) => `${name}: ${value}`)
      .join(", ")} } } }
    - { name: admin, admin_layer: {} }
static_resources:
  listeners:
${indent(FLAGGED.join(""), 4)}
`,
    observe: async ({ proxy }) => {
      const limited: string[] = [];
      const run = async (name: string): Promise<void> => {
        const port = await proxy.listenerPort(name);
        await session(port, { send: "x", until: "x" });
        const { received } = await session(port, { send: "x", until: "x" });
        if (received === "") limited.push(name);
      };
      for (const name of Object.keys(FLAGS)) for (const each of [name, `${name}-off`]) await run(each);
      return limited;
    },
  },
];
