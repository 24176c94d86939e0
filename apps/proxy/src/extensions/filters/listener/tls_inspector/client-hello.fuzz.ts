import assert from "node:assert/strict";
import type { FuzzTarget } from "@sluice/harness";
import { readClientHello } from "../../../../transport-socket/tls/read-client-hello.ts";
import { ja3Fingerprint, ja4Fingerprint } from "./fingerprints.ts";

const BYTES_MAX = 16_384;
const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
const sized = (data: Buffer): Buffer => Buffer.concat([u16(data.length), data]);
const extension = (type: number, data: Buffer): Buffer => Buffer.concat([u16(type), sized(data)]);

function record(fragment: Buffer): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(fragment)]);
}

function hello(extensions: readonly Buffer[]): Buffer {
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    sized(Buffer.concat([u16(0x1301), u16(0xc02f)])),
    Buffer.from([1, 0]),
    sized(Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

const NAME = extension(0, sized(Buffer.concat([Buffer.from([0]), sized(Buffer.from("a.example"))])));
const ALPN = extension(16, sized(Buffer.from("\x02h2\x08http/1.1", "latin1")));
const VERSIONS = extension(43, Buffer.from([4, 3, 4, 3, 3]));
const GROUPS = extension(10, sized(u16(29)));
const POINTS = extension(11, Buffer.from([1, 0]));
const SIGNATURES = extension(13, sized(Buffer.concat([u16(0x0403), u16(0x0804)])));
const WHOLE = hello([NAME, ALPN, VERSIONS, GROUPS, POINTS, SIGNATURES]);

/** What was found stays found with more behind it, and has fingerprints. */
export const clientHelloFuzz: FuzzTarget = {
  name: "TLS ClientHello",
  corpus: [
    record(WHOLE),
    Buffer.concat([record(WHOLE.subarray(0, 3)), record(WHOLE.subarray(3, 50)), record(WHOLE.subarray(50))]),
    record(hello([])),
    record(hello([NAME])),
  ],
  dictionary: [
    NAME,
    ALPN,
    VERSIONS,
    GROUPS,
    POINTS,
    SIGNATURES,
    u16(0),
    u16(0xffff),
    Buffer.from([22, 3, 1]),
    u16(0x0a0a),
  ],
  run(input) {
    const result = readClientHello(input, BYTES_MAX);
    if (result.state !== "found") return result.state;
    assert.ok(result.bytes <= input.length);
    const longer = readClientHello(Buffer.concat([input, Buffer.from([0])]), BYTES_MAX);
    assert.ok(longer.state === "found");
    assert.deepEqual(longer.hello, result.hello);
    assert.equal(ja3Fingerprint(result.hello).length, 32);
    assert.match(ja4Fingerprint(result.hello), /^t/);
    return `found ${result.hello.extensions.length} ${result.hello.serverName?.length} ${result.hello.applicationProtocols.length}`;
  },
};
