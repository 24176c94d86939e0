import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STATE_KINDS } from "../set-filter-state/state-kinds.ts";
import { FilterState } from "./filter-state.ts";
import { HashableText } from "./hashable-text.ts";
import { upstreamStateOf } from "./upstream-state.ts";

const options = { shared: true, endsWithChain: false };

describe("filter state of a request", () => {
  it("shows its connection's and cannot replace that", () => {
    const connection = new FilterState();
    connection.set("a", "connection");
    const request = new FilterState(connection);
    request.set("a", "request");
    request.put("a", "request", options);
    assert.equal(request.get("a"), "connection");
    assert.deepEqual([...request], []);
  });

  it("passes on to an internal redirect what does not end with the filter chain", () => {
    const before = new FilterState();
    before.put("gone", "x", { shared: false, endsWithChain: true });
    before.set("kept", "y");
    const after = new FilterState();
    before.copyLasting(after);
    assert.deepEqual([...after], [["kept", "y"]]);
  });

  it("keeps apart upstream connections by hashable objects and names for TLS only", () => {
    const state = new FilterState();
    assert.equal(upstreamStateOf(state), undefined);
    state.put("plain", "x", options);
    assert.equal(upstreamStateOf(state)?.key, "");
    state.put("hashed", new HashableText("x"), options);
    const hashed = upstreamStateOf(state)?.key;
    assert.notEqual(hashed, "");
    state.set("envoy.network.application_protocols", "h2, http/1.1");
    assert.deepEqual(upstreamStateOf(state)?.tls.alpn, ["h2", "http/1.1"]);
    assert.notEqual(upstreamStateOf(state)?.key, hashed);
  });

  it("makes no object of a text that is none of its kind", () => {
    assert.equal(STATE_KINDS.get("envoy.network.ip")?.("1.2.3"), undefined);
    assert.equal(STATE_KINDS.get("envoy.tcp_proxy.per_connection_idle_timeout_ms")?.("12s"), undefined);
    assert.equal(STATE_KINDS.get("envoy.tcp_proxy.per_connection_idle_timeout_ms")?.("12"), "12");
  });
});
