import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TestCertificates } from "@sluice/harness";
import { parseOcspResponse } from "./ocsp-response.ts";

const certificates = new TestCertificates();
after(() => certificates.remove());
const ca = certificates.create("ca", { ca: true });
const leaf = certificates.create("leaf", { issuer: ca });
const DAY_MS = 86_400_000;

test("a response tells its certificate and how long it holds", () => {
  const parsed = parseOcspResponse(certificates.ocspResponse(leaf, ca, 2));
  if (typeof parsed === "string") assert.fail(parsed);
  const { thisUpdateMs, nextUpdateMs } = parsed.response;
  assert.ok(Math.abs(thisUpdateMs - Date.now()) < DAY_MS);
  assert.equal((nextUpdateMs ?? 0) - thisUpdateMs, 2 * DAY_MS);
  assert.match(parsed.serial, /^[0-9a-f]+$/);
});

test("a response need not say how long it holds", () => {
  const parsed = parseOcspResponse(certificates.ocspResponse(leaf, ca));
  assert.equal(typeof parsed === "string" ? parsed : parsed.response.nextUpdateMs, undefined);
});

test("no response, an unsuccessful one and half a one are told apart from a good one", () => {
  const good = certificates.ocspResponse(leaf, ca, 2);
  assert.equal(parseOcspResponse(Buffer.from("hello")), "is not an OCSP response in DER");
  assert.equal(parseOcspResponse(Buffer.from("30030a0106", "hex")), "OCSP response was unsuccessful");
  assert.equal(parseOcspResponse(Buffer.from("30030a0100", "hex")), "OCSP response has no body");
  for (let length = 0; length < good.length; length++)
    assert.equal(typeof parseOcspResponse(good.subarray(0, length)), "string");
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    parseOcspResponse(changed);
  }
});
