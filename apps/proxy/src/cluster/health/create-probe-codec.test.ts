import assert from "node:assert/strict";
import { test } from "node:test";
import { probeProtocol } from "./create-probe-codec.ts";

test("a check speaks what ALPN settles on where it is to, else what it is configured to", () => {
  for (const http2 of [true, false]) {
    const usual = http2 ? "http2" : "http1";
    assert.equal(probeProtocol({ http2, byAlpn: true }, "h2"), "http2");
    assert.equal(probeProtocol({ http2, byAlpn: true }, "http/1.1"), "http1");
    assert.equal(probeProtocol({ http2, byAlpn: true }, undefined), usual);
    assert.equal(probeProtocol({ http2, byAlpn: false }, http2 ? "http/1.1" : "h2"), usual);
  }
});
