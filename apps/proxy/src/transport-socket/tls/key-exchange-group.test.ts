import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientHello } from "./client-hello.ts";
import { chooseGroup } from "./key-exchange-group.ts";

const OWN = ["X25519MLKEM768", "X25519", "prime256v1"];
const [P256, P384, X25519, HYBRID, GREASE] = [23, 24, 29, 0x11ec, 0x0a0a];

const hello = (...groups: number[]): ClientHello => ({
  serverName: "",
  alpn: [],
  suites: [],
  ecdsaCurves: [],
  groups,
  wantsOcsp: false,
  tickets: false,
  tls13: true,
});

test("the server's first group that the client has is chosen, or the client's first where it goes by that", () => {
  const client = hello(GREASE, P384, P256, X25519);
  assert.equal(chooseGroup(OWN, client, "1.3", false), "X25519");
  assert.equal(chooseGroup(OWN, client, "1.3", true), "prime256v1");
  assert.equal(chooseGroup(OWN, hello(P384), "1.3", false), undefined);
  assert.equal(chooseGroup(OWN, hello(), "1.3", true), undefined);
});

test("hybrid groups are for TLS 1.3 alone", () => {
  assert.equal(chooseGroup(OWN, hello(HYBRID, P256), "1.3", false), "X25519MLKEM768");
  assert.equal(chooseGroup(OWN, hello(HYBRID, P256), "1.2", true), "prime256v1");
  assert.equal(chooseGroup(OWN, hello(HYBRID), "1.2", false), undefined);
});
