import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { ConnectionFacts } from "./filter-chain-level.ts";
import { compileFilterChains } from "./filter-chain-table.ts";

function compile(matches: JsonObject[], more: JsonObject = {}) {
  const filterChains = matches.map((filterChainMatch, i) => ({ name: `c${i}`, filterChainMatch }));
  const listener = fromJson(ListenerSchema, { name: "l", filterChains, ...more });
  return compileFilterChains(listener, { payload: (chain) => ({ ok: true, value: chain.name }) });
}

const PLAIN: ConnectionFacts = {
  destinationIp: "10.0.0.1",
  destinationPort: 443,
  serverName: "",
  transportProtocol: "raw_buffer",
  applicationProtocols: [],
  directSourceIp: "192.168.0.9",
  sourceIp: "192.168.0.9",
  sourcePort: 5000,
};

/** Name of the chain chosen for a connection that differs from `PLAIN` by `facts`. */
function chooser(matches: JsonObject[], more?: JsonObject) {
  const table = compile(matches, more);
  assert.ok(table.ok, table.ok ? "" : JSON.stringify(table.problems));
  return (facts: Partial<ConnectionFacts>) => table.value.find({ ...PLAIN, ...facts })?.payload;
}

function problemsOf(matches: JsonObject[], more?: JsonObject): [string, string][] {
  const table = compile(matches, more);
  return table.ok ? [] : table.problems.map(({ path, message }) => [path, message]);
}

const range = (addressPrefix: string, prefixLen: number) => ({ addressPrefix, prefixLen });

describe("the filter chain", () => {
  it("is the only one when it asks for nothing", () => {
    assert.equal(chooser([{}])({}), "c0");
  });

  it("is chosen by destination port, which then rules the others out", () => {
    const find = chooser([{ destinationPort: 80, serverNames: ["a"] }, {}], {
      defaultFilterChain: { name: "default" },
    });
    assert.equal(find({ destinationPort: 80, serverName: "a" }), "c0");
    assert.equal(find({ destinationPort: 80, serverName: "b" }), "default");
    assert.equal(find({ destinationPort: 81 }), "c1");
  });

  it("is chosen by the longest destination range, v4 and v6", () => {
    const find = chooser([
      { prefixRanges: [range("10.0.0.0", 8)] },
      { prefixRanges: [range("10.0.0.0", 24), range("2001:db8::", 32)] },
      {},
    ]);
    assert.equal(find({ destinationIp: "10.0.0.7" }), "c1");
    assert.equal(find({ destinationIp: "10.9.0.7" }), "c0");
    assert.equal(find({ destinationIp: "2001:db8:1::1" }), "c1");
    assert.equal(find({ destinationIp: "::1" }), "c2");
    assert.equal(find({ destinationIp: "::ffff:10.9.0.7" }), "c0");
    assert.equal(find({ destinationIp: "/run/pipe" }), "c2");
  });

  it("is chosen by exact server name, then the longest wildcard, in any case", () => {
    const find = chooser([
      { serverNames: ["www.Example.com"] },
      { serverNames: ["*.example.com"] },
      { serverNames: ["*.com"] },
      {},
    ]);
    assert.equal(find({ serverName: "WWW.example.com" }), "c0");
    assert.equal(find({ serverName: "a.b.example.com" }), "c1");
    assert.equal(find({ serverName: "example.com" }), "c2");
    assert.equal(find({ serverName: "com" }), "c3");
  });

  it("is not looked for elsewhere once a server name has matched", () => {
    const find = chooser([
      { serverNames: ["*.b.test"] },
      { serverNames: ["x.b.test"], applicationProtocols: ["h2"] },
    ]);
    assert.equal(find({ serverName: "x.b.test", applicationProtocols: ["h2"] }), "c1");
    assert.equal(find({ serverName: "x.b.test", applicationProtocols: ["http/1.1"] }), undefined);
    assert.equal(find({ serverName: "y.b.test" }), "c0");
  });

  it("is chosen by transport protocol and by ALPN in the client's order", () => {
    const find = chooser([
      { transportProtocol: "tls", applicationProtocols: ["h2"] },
      { transportProtocol: "tls", applicationProtocols: ["http/1.1"] },
      { transportProtocol: "tls" },
      {},
    ]);
    assert.equal(find({ transportProtocol: "tls", applicationProtocols: ["http/1.1", "h2"] }), "c1");
    assert.equal(find({ transportProtocol: "tls", applicationProtocols: ["x", "h2"] }), "c0");
    assert.equal(find({ transportProtocol: "tls" }), "c2");
    assert.equal(find({ applicationProtocols: ["h2"] }), "c3");
  });

  it("is chosen by peer, source type, source address and source port", () => {
    const find = chooser([
      { directSourcePrefixRanges: [range("172.16.0.0", 12)] },
      { sourceType: "SAME_IP_OR_LOOPBACK" },
      { sourceType: "EXTERNAL", sourcePrefixRanges: [range("192.168.0.0", 16)], sourcePorts: [5000, 5001] },
      { sourceType: "EXTERNAL", sourcePrefixRanges: [range("192.168.0.0", 16)] },
      {},
    ]);
    assert.equal(find({ directSourceIp: "172.17.0.1" }), "c0");
    assert.equal(find({ sourceIp: "127.0.0.1" }), "c1");
    // As in Envoy, only the canonical address counts as loopback.
    assert.equal(find({ sourceIp: "127.0.0.2" }), undefined);
    assert.equal(find({ sourceIp: "10.0.0.1" }), "c1");
    assert.equal(find({}), "c2");
    assert.equal(find({ sourcePort: 1 }), "c3");
    assert.equal(find({ sourceIp: "8.8.8.8" }), undefined);
  });

  it("is the one whose ranges hold every address rather than the one without ranges", () => {
    for (const field of ["prefixRanges", "directSourcePrefixRanges", "sourcePrefixRanges"]) {
      const every = { [field]: [range("0.0.0.0", 0)] };
      assert.equal(chooser([every, {}])({}), "c0");
      assert.equal(chooser([{}, every])({}), "c1");
      const six = { destinationIp: "::2", directSourceIp: "::3", sourceIp: "::4" };
      assert.equal(chooser([{}, every])(six), "c0");
    }
  });
});

describe("a listener is refused", () => {
  const address = { socketAddress: { address: "127.0.0.1", portValue: 80 } };
  const overlap = [
    "filter_chains[1].filter_chain_match",
    "error adding listener '127.0.0.1:80': multiple filter chains with overlapping matching rules are defined",
  ];

  it("when two chains ask for the same", () => {
    assert.deepEqual(problemsOf([{ serverNames: ["a", "b"] }, { serverNames: ["a", "b"] }], { address }), [
      [
        "filter_chains[1].filter_chain_match",
        `error adding listener '127.0.0.1:80': filter chain 'c1' has the same matching rules defined as 'c0'. duplicate matcher is: {"server_names":["a","b"]}`,
      ],
    ]);
  });

  it("when two chains overlap, or one with itself", () => {
    const twice: JsonObject[][] = [
      [{ serverNames: ["a", "b"] }, { serverNames: ["B"] }],
      [{ serverNames: ["a", "b"] }, { serverNames: ["b", "a"] }],
      [{ sourcePorts: [1] }, { applicationProtocols: ["h2", "h2"] }],
    ];
    for (const matches of twice) assert.deepEqual(problemsOf(matches, { address }), [overlap]);
  });

  it("when it asks for what cannot be matched", () => {
    const paths = problemsOf([
      { serverNames: ["w*.a"], suffixLen: 3 },
      { prefixRanges: [range("10.0.0.0.0", 8), range("nonsense", 1)] },
    ]).map(([path]) => path);
    assert.deepEqual(paths, [
      "filter_chains[0].filter_chain_match.suffix_len",
      "filter_chains[0].filter_chain_match.server_names[0]",
      "filter_chains[1].filter_chain_match.prefix_ranges[0].address_prefix",
      "filter_chains[1].filter_chain_match.prefix_ranges[1].address_prefix",
    ]);
  });
});
