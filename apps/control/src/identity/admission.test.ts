import assert from "node:assert/strict";
import { test } from "node:test";
import { Admission, type PlaintextPolicy } from "./admission.ts";
import { FailureLimiter } from "./failure-limiter.ts";
import { isLoopback, type Peer, readPeer } from "./peer.ts";

const HOUR_MS = 3_600_000;
const startMs = Date.parse("2026-01-01T00:00:00Z");

test("a connection outlives its certificate while the node has another that is valid, and no longer", () => {
  let nowMs = startMs;
  const revoked = new Set<string>();
  let validUntilMs = startMs + HOUR_MS;
  const admission = new Admission({
    plaintext: "never",
    register: { isRevoked: (serial) => revoked.has(serial), validUntilMs: () => validUntilMs },
    now: () => new Date(nowMs),
  });
  const peer: Peer = {
    kind: "node",
    address: "10.0.0.1:5",
    node: { id: "edge", labels: {}, certificate: "aa" },
    notAfter: new Date(startMs + HOUR_MS),
  };
  assert.equal(admission.refusal(peer), undefined);
  nowMs += HOUR_MS + 1;
  assert.match(admission.refusal(peer) ?? "", /has expired and was not renewed/);
  validUntilMs = nowMs + HOUR_MS;
  assert.equal(admission.refusal(peer), undefined);
  revoked.add("aa");
  assert.match(admission.refusal(peer) ?? "", /node 'edge' is revoked/);
});

test("plain text: from loopback, from nowhere, or from anywhere", () => {
  const peer = (address: string): Peer => readPeer({ remoteAddress: address, remotePort: 5 });
  const refused = (plaintext: PlaintextPolicy, address: string): boolean =>
    new Admission({
      plaintext,
      register: { isRevoked: () => false, validUntilMs: () => 0 },
      now: () => new Date(startMs),
    }).refusal(peer(address)) !== undefined;
  for (const address of ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(isLoopback(address), true, address);
    assert.deepEqual([refused("loopback", address), refused("never", address)], [false, true]);
  }
  for (const address of ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "128.0.0.1", ""]) {
    assert.equal(isLoopback(address), false, address);
    assert.deepEqual([refused("loopback", address), refused("anywhere", address)], [true, false]);
  }
});

test("who failed too often waits until the window is over; the oldest are forgotten first", () => {
  const limiter = new FailureLimiter({ failuresMax: 2, windowMs: 1000, keysMax: 2 });
  limiter.count("a", 0);
  assert.equal(limiter.waitMs("a", 10), 0);
  limiter.count("a", 10);
  assert.equal(limiter.waitMs("a", 20), 980);
  assert.equal(limiter.waitMs("b", 20), 0);
  assert.equal(limiter.waitMs("a", 1000), 0);
  for (const key of ["a", "a", "b", "c"]) limiter.count(key, 500);
  assert.equal(limiter.waitMs("a", 501), 0);
});
