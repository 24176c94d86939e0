import assert from "node:assert/strict";
import { it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { explainFilterChains } from "./explain-filter-chains.ts";
import type { ConnectionFacts } from "./filter-chain-level.ts";
import { compileFilterChains } from "./filter-chain-table.ts";

const FACTS: ConnectionFacts = {
  destinationIp: "10.0.0.1",
  destinationPort: 443,
  serverName: "www.shop.example",
  transportProtocol: "tls",
  applicationProtocols: ["h2"],
  directSourceIp: "192.0.2.1",
  sourceIp: "192.0.2.1",
  sourcePort: 5000,
};

function explain(chains: JsonObject[], facts: ConnectionFacts = FACTS, defaultFilterChain?: JsonObject) {
  const listener = fromJson(ListenerSchema, {
    name: "l",
    filterChains: chains,
    ...(defaultFilterChain === undefined ? {} : { defaultFilterChain }),
  });
  const table = compileFilterChains(listener, { payload: () => ({ ok: true, value: undefined }) });
  assert.ok(table.ok);
  return explainFilterChains(table.value, facts);
}

it("tells each condition of a chain that does not hold, and what the connection has", () => {
  const { chain, chains } = explain([
    {
      name: "other",
      filterChainMatch: {
        destinationPort: 8443,
        prefixRanges: [{ addressPrefix: "10.1.0.0", prefixLen: 16 }],
        serverNames: ["api.example"],
        applicationProtocols: ["http/1.1"],
        sourceType: "SAME_IP_OR_LOOPBACK",
        sourcePorts: [1],
      },
    },
    { name: "any" },
  ]);
  assert.equal(chain?.config.name, "any");
  assert.equal(chains[0]?.outcome, "rejected");
  assert.deepEqual(
    chains[0]?.reasons,
    [
      ["destination_port", 'wanted: {"destination_port":8443}; the connection has 443'],
      [
        "prefix_ranges",
        'wanted: {"prefix_ranges":[{"address_prefix":"10.1.0.0","prefix_len":16}]}; the connection has "10.0.0.1"',
      ],
      ["server_names", 'wanted: {"server_names":["api.example"]}; the connection has "www.shop.example"'],
      ["application_protocols", 'wanted: {"application_protocols":["http/1.1"]}; the connection has ["h2"]'],
      ["source_type", 'wanted: {"source_type":"SAME_IP_OR_LOOPBACK"}; the connection has "192.0.2.1"'],
      ["source_ports", 'wanted: {"source_ports":[1]}; the connection has 5000'],
    ].map(([field, message]) => ({ field: `filter_chains[0].filter_chain_match.${field}`, message })),
  );
});

it("says which chain asks more precisely, and that a settled step is never taken back", () => {
  const wide = { name: "wide", filterChainMatch: { serverNames: ["*.example"] } };
  const narrow = { name: "narrow", filterChainMatch: { serverNames: ["*.shop.example"] } };
  const first = explain([wide, narrow]);
  assert.deepEqual(
    first.chains.map(({ outcome }) => outcome),
    ["shadowed", "chosen"],
  );
  assert.match(first.chains[0]?.reasons[0]?.message ?? "", /narrow asks more precisely for server_names/);
  const plain = { name: "plain", filterChainMatch: { ...narrow.filterChainMatch, sourcePorts: [1] } };
  const second = explain([wide, plain], FACTS, { name: "rest" });
  assert.equal(second.chain?.config.name, "rest");
  assert.deepEqual(
    second.chains.map(({ name, outcome }) => [name, outcome]),
    [
      ["wide", "shadowed"],
      ["plain", "rejected"],
      ["rest", "chosen"],
    ],
  );
  assert.match(second.chains[0]?.reasons[0]?.message ?? "", /earlier step settled/);
});

it("says of the default chain why it was not taken", () => {
  const { chains } = explain([{ name: "any" }], FACTS, { name: "rest" });
  assert.deepEqual(chains[1], {
    name: "rest",
    path: "default_filter_chain",
    outcome: "rejected",
    reasons: [{ field: "default_filter_chain", message: "it takes only what no other chain takes" }],
  });
});
