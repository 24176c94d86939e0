import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientHello, parseClientHello } from "./client-hello.ts";

const ECDSA = 0xc02b;
const RSA = 0xc02f;

function u16(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
}
const sized = (content: Buffer): Buffer => Buffer.concat([u16(content.length), content]);
const extension = (type: number, content: Buffer): Buffer => Buffer.concat([u16(type), sized(content)]);

/** In one record; `extensions` undefined: without even their length. */
function record(suites: readonly number[], extensions?: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    sized(u16(...suites)),
    Buffer.from([1, 0]),
    ...(extensions === undefined ? [] : [sized(Buffer.concat(extensions))]),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), sized(body)]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(message)]);
}

function helloOf(suites: readonly number[], extensions?: readonly Buffer[]): ClientHello {
  const hello = parseClientHello(record(suites, extensions));
  assert.ok(typeof hello === "object", String(hello));
  return hello;
}

test("a ClientHello without extensions asks for no name, and may verify on P-256", () => {
  for (const extensions of [undefined, []]) {
    assert.deepEqual(helloOf([ECDSA], extensions), {
      serverName: "",
      alpn: [],
      suites: [ECDSA],
      ecdsaCurves: ["P-256"],
      groups: [],
      wantsOcsp: false,
      tickets: false,
      tls13: false,
    });
  }
  assert.deepEqual(helloOf([RSA]).ecdsaCurves, []);
});

test("curves come from groups in TLS 1.2 and from signature algorithms in TLS 1.3", () => {
  const groups = extension(10, sized(u16(29, 24, 23)));
  const signatures = extension(13, sized(u16(1283, 2052)));
  const tls13 = extension(43, Buffer.from([2, 3, 4]));
  assert.deepEqual(helloOf([ECDSA], [groups, signatures]).ecdsaCurves, ["P-384", "P-256"]);
  const hello = helloOf([ECDSA], [groups, signatures, tls13]);
  assert.deepEqual([hello.ecdsaCurves, hello.groups, hello.tls13], [["P-384"], [29, 24, 23], true]);
});

test("a name is kept as it was sent; tickets and OCSP are seen", () => {
  const name = extension(0, sized(Buffer.concat([Buffer.from([0]), sized(Buffer.from("A.Test"))])));
  const ocsp = extension(5, Buffer.from([1, 0, 0, 0, 0]));
  const { serverName, tickets, wantsOcsp } = helloOf([RSA], [name, ocsp, extension(35, Buffer.alloc(0))]);
  assert.deepEqual([serverName, tickets, wantsOcsp], ["A.Test", true, true]);
});

test("what is no ClientHello is left to the TLS library, and the beginning of one is waited for", () => {
  assert.equal(parseClientHello(Buffer.from("GET / HTTP/1.1\r\n")), "none");
  assert.equal(parseClientHello(record([RSA]).subarray(0, 20)), "more");
});
