import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../contract.ts";
import { completeProbe, type ProbeInput } from "./complete-probe.ts";
import { judgeProbe, readObservation } from "./judge-probe.ts";

const LEAST = { listener: "main", url: "http://shop.example/health" };

test("a listener and a url are enough", () => {
  assert.deepEqual(completeProbe(LEAST), {
    listener: "main",
    method: "GET",
    url: "http://shop.example/health",
    headers: [],
    statuses: [200],
    bodyContains: "",
    timeoutMs: 5_000,
    attempts: 3,
    addresses: {},
  });
  assert.equal(completeProbe({ ...LEAST, method: "head", addresses: { a: "[::1]:80" } }).method, "HEAD");
});

test("what makes no sense, or would do harm, is refused", () => {
  const refused: readonly [Partial<ProbeInput>, RegExp][] = [
    [{ listener: " " }, /name the listener/],
    [{ url: "shop.example" }, /url 'shop.example'/],
    [{ url: "file:///etc/passwd" }, /url 'file:/],
    [{ url: "http://a:b@shop.example/" }, /no user or password/],
    [{ method: "CONNECT" }, /method 'CONNECT'/],
    [{ headers: [{ name: "Authorization", value: "Bearer x" }] }, /no credentials/],
    [{ headers: [{ name: "host", value: "x" }] }, /follows from the request/],
    [{ headers: [{ name: "a b", value: "x" }] }, /no name of a header/],
    [{ headers: [{ name: "a", value: "x\r\ny: z" }] }, /control character/],
    [{ statuses: [] }, /from 1 to 20 statuses/],
    [{ statuses: [99] }, /status 99/],
    [{ method: "HEAD", bodyContains: "x" }, /HEAD has no body/],
    [{ timeoutMs: 60_000 }, /deadline is 60000/],
    [{ attempts: 0 }, /number of attempts is 0/],
    [{ addresses: { a: "10.0.0.1" } }, /must be host:port/],
    [{ addresses: { a: "10.0.0.1:80/x" } }, /must be host:port/],
  ];
  for (const [wrong, message] of refused)
    assert.throws(
      () => completeProbe({ ...LEAST, ...wrong }),
      (error) => error instanceof ConfigError && error.code === "bad_input" && message.test(error.message),
      JSON.stringify(wrong),
    );
});

test("an answer is judged by status, then by text; a node that says nonsense has not answered", () => {
  const probe = completeProbe({ ...LEAST, statuses: [200, 204], bodyContains: "ok" });
  const seen = { status: 200, bodyMatches: true, durationMs: 3 };
  assert.equal(judgeProbe(probe, seen), undefined);
  assert.equal(judgeProbe(probe, { ...seen, status: 500 })?.code, "probe_status");
  assert.equal(judgeProbe(probe, { ...seen, bodyMatches: false })?.code, "probe_body");
  for (const nonsense of [null, 3, "x", {}, { status: "200" }])
    assert.equal(judgeProbe(probe, readObservation(nonsense))?.code, "probe_unanswered");
});
