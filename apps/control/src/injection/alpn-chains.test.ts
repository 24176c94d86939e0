import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { AlpnCertificate } from "@sluice/config";
import { toProtoJson } from "@sluice/xds";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { encodeResource } from "../testing/parse-resource.ts";
import { addAlpnChains } from "./alpn-chains.ts";

const SHOP = "automatic:shop.example";

function tls(secret: string): string {
  return `
    filters: [{ name: echo, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo } }]
    transport_socket:
      name: tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
        common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "${secret}", sds_config: { ads: {} } }] }`;
}

const PLAIN = `
    filters: [{ name: echo, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo } }]`;

function listener(chains: string, more = "", port = 8443): Listener {
  const yaml = `name: edge
address: { socket_address: { address: 0.0.0.0, port_value: ${port} } }
${more}
filter_chains:${chains}`;
  return fromBinary(ListenerSchema, encodeResource(yaml, ListenerSchema));
}

function proving(more: Partial<AlpnCertificate> = {}): AlpnCertificate {
  return { name: SHOP, listener: undefined, secrets: ["sluice_acme_1"], ...more };
}

interface Shown {
  readonly listener_filters?: readonly { readonly name: string }[];
  readonly filter_chains: readonly { readonly name?: string; readonly filter_chain_match?: object }[];
}

function shown(given: Listener): Shown {
  return JSON.parse(JSON.stringify(toProtoJson(ListenerSchema, given))) as Shown;
}

function twinsOf(given: Listener): readonly (object | undefined)[] {
  return shown(given)
    .filter_chains.filter(({ name = "" }) => name.startsWith("sluice_acme_"))
    .map((chain) => chain.filter_chain_match);
}

test("each chain with TLS gets a twin that matches as it does, from anywhere, and the protocol besides", () => {
  const given = listener(
    `
  - filter_chain_match: { server_names: ["*.shop.example"], source_ports: [1], source_prefix_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }${tls(SHOP)}
  - filter_chain_match: { server_names: ["*.shop.example"], application_protocols: [h2] }${tls(SHOP)}
  - filter_chain_match: { destination_port: 8443 }${tls("other")}
  - filter_chain_match: { transport_protocol: raw_buffer }${PLAIN}`,
    'listener_filters: [{ name: i, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector } }]',
  );
  assert.equal(addAlpnChains(given, [proving()]), true);
  assert.deepEqual(twinsOf(given), [
    { server_names: ["*.shop.example"], application_protocols: ["acme-tls/1"] },
    { destination_port: 8443, application_protocols: ["acme-tls/1"] },
  ]);
  assert.equal(shown(given).listener_filters?.length, 1);
  assert.match(JSON.stringify(shown(given)), /"alpn_protocols":\["acme-tls\/1"\].*"name":"sluice_acme_1"/);
});

test("while nothing is proven only the inspector is there, behind what reads a PROXY header", () => {
  const given = listener(
    `
  - name: only${tls(SHOP)}`,
    'listener_filters: [{ name: envoy.filters.listener.proxy_protocol, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol } }]',
  );
  assert.equal(addAlpnChains(given, [proving({ secrets: [] })]), true);
  assert.deepEqual(
    shown(given).listener_filters?.map(({ name }) => name),
    ["envoy.filters.listener.proxy_protocol", "envoy.filters.listener.tls_inspector"],
  );
  assert.deepEqual(twinsOf(given), []);
  assert.equal(addAlpnChains(given, [proving({ secrets: [] })]), false);
});

test("the listener that is named answers; else those that use the certificate, and those with TLS on port 443", () => {
  const other = `
  - name: only${tls("other")}`;
  const cases: readonly (readonly [Listener, AlpnCertificate, boolean])[] = [
    [listener(other), proving(), false],
    [listener(other), proving({ listener: "edge" }), true],
    [listener(other, "", 443), proving(), true],
    [listener(other, "", 443), proving({ listener: "another" }), false],
    [
      listener(
        `
  - name: only${PLAIN}`,
        "",
        443,
      ),
      proving(),
      false,
    ],
  ];
  for (const [given, certificate, answers] of cases)
    assert.equal(addAlpnChains(given, [certificate]), answers);
});

test("a listener that cannot be looked into, or answers by itself, is left as it is", () => {
  const mixed = listener(`
  - filter_chain_match: { destination_port: 8443 }${tls(SHOP)}
  - filter_chain_match: { destination_port: 25 }${PLAIN}`);
  const own = listener(
    `
  - filter_chain_match: { application_protocols: ["acme-tls/1"] }${tls("mine")}
  - name: rest${tls(SHOP)}`,
    "listener_filters: [{ name: envoy.filters.listener.tls_inspector }]",
  );
  for (const given of [mixed, own]) {
    const before = toBinary(ListenerSchema, given);
    assert.equal(addAlpnChains(given, [proving()]), false);
    assert.deepEqual(toBinary(ListenerSchema, given), before);
  }
});
