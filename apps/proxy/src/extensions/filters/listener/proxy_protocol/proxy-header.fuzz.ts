import assert from "node:assert/strict";
import type { FuzzTarget } from "@sluice/harness";
import { PROXY_HEADER_BYTES_MAX, readProxyHeader } from "./proxy-header.ts";

const V2 = "\r\n\r\n\0\r\nQUIT\n";
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** What was found stays found with more behind it; a reader that wants more gets it within bounds. */
export const proxyHeaderFuzz: FuzzTarget = {
  name: "PROXY protocol",
  corpus: [
    "PROXY TCP4 1.2.3.4 5.6.7.8 111 222\r\nGET",
    "PROXY TCP6 2001::1 ::2 1 2\r\n",
    "PROXY UNKNOWN\r\n",
    `${V2}\x21\x11\x00\x10\x01\x02\x03\x04\x05\x06\x07\x08\x00\x6f\x00\xde\x02\x00\x01x`,
    `${V2}\x21\x21\x00\x24${"\x20\x01".repeat(18)}`,
    `${V2}\x20\x00\x00\x00`,
  ].map(latin1),
  dictionary: [
    "\r\n",
    "PROXY ",
    "TCP4 ",
    "TCP6 ",
    "UNKNOWN",
    "255.255.255.255 ",
    "65536 ",
    "::1 ",
    V2,
    "\x21\x11\0\x0c",
    "\xff\xff",
  ].map(latin1),
  run(input) {
    const result = readProxyHeader(input);
    if (result.state === "more") assert.ok(input.length < PROXY_HEADER_BYTES_MAX);
    if (result.state === "found") {
      assert.ok(result.header.bytes <= input.length);
      assert.deepEqual(readProxyHeader(Buffer.concat([input, latin1("more")])), result);
      for (let cut = 0; cut < Math.min(result.header.bytes, 64); cut++)
        assert.notEqual(readProxyHeader(input.subarray(0, cut)).state, "found");
      return `found ${result.header.version} ${result.header.tlvs.length} ${result.header.source?.length}`;
    }
    return result.state;
  },
};
