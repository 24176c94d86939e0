import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUpstream } from "./parse-upstream.ts";

test("host:port, bracketed IPv6 and pasted addresses are understood", () => {
  assert.deepEqual(parseUpstream("127.0.0.1:8080"), { host: "127.0.0.1", port: 8080 });
  assert.deepEqual(parseUpstream("[::1]:80"), { host: "::1", port: 80 });
  assert.deepEqual(parseUpstream("https://api.example.com/v1"), { host: "api.example.com", port: 443 });
  assert.deepEqual(parseUpstream("http://[fd00::1]:81/"), { host: "fd00::1", port: 81 });
});

test("what names no port or a wrong one is refused", () => {
  for (const text of [
    "",
    "example.com",
    "example.com:0",
    "example.com:70000",
    "::1",
    "::1:80",
    "ftp://x:1",
    "a b:80",
  ])
    assert.equal(parseUpstream(text), undefined, text);
});
