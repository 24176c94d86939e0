import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";

function decodeHex(decoder: HpackDecoder, hex: string) {
  const octets = Buffer.from(hex.replaceAll(" ", ""), "hex");
  return decoder.decode(octets, 0, octets.length);
}

function decodeText(decoder: HpackDecoder, block: string) {
  const octets = Buffer.from(block, "latin1");
  return decoder.decode(octets, 0, octets.length);
}

const REQUEST = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];

describe("Huffman code", () => {
  it("is the one of RFC 7541: complete, and right for its examples", () => {
    assert.equal(
      Buffer.from(huffmanEncode("www.example.com"), "latin1").toString("hex"),
      "f1e3c2e5f23a6ba0ab90f4ff",
    );
    assert.equal(Buffer.from(huffmanEncode("no-cache"), "latin1").toString("hex"), "a8eb10649cbf");
    assert.equal(Buffer.from(huffmanEncode("302"), "latin1").toString("hex"), "6402");
  });

  it("gives back every text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const text = Buffer.from(octets).toString("latin1");
        const code = Buffer.from(huffmanEncode(text), "latin1");
        assert.equal(code.length, huffmanLength(text));
        assert.equal(huffmanDecode(code, 0, code.length), text);
      }),
    );
  });

  it("refuses the end of string, padding of zeros and padding of a whole octet", () => {
    for (const hex of ["ffffffff", "1c", "07ff", "fffffffc"]) {
      const code = Buffer.from(hex, "hex");
      if (hex === "1c") assert.equal(huffmanDecode(Buffer.from("18", "hex"), 0, 1), undefined);
      else assert.equal(huffmanDecode(code, 0, code.length), undefined, hex);
    }
  });
});

describe("HPACK decoder", () => {
  it("reads the requests of RFC 7541 C.3 and C.4", () => {
    for (const [first, second, third] of [
      [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ],
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
    ] as const) {
      const decoder = new HpackDecoder(4096);
      assert.deepEqual(decodeHex(decoder, first)?.fields, REQUEST);
      assert.deepEqual(decodeHex(decoder, second)?.fields, [...REQUEST, "cache-control", "no-cache"]);
      assert.deepEqual(decodeHex(decoder, third)?.fields, [
        ":method",
        "GET",
        ":scheme",
        "https",
        ":path",
        "/index.html",
        ":authority",
        "www.example.com",
        "custom-key",
        "custom-value",
      ]);
    }
  });

  it("evicts as in the responses of RFC 7541 C.6", () => {
    const decoder = new HpackDecoder(256);
    const first = decodeHex(
      decoder,
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
       8f0b 97c8 e9ae 82ae 43d3`.replaceAll("\n", ""),
    );
    const common = ["cache-control", "private", "date", "Mon, 21 Oct 2013 20:13:21 GMT"];
    const location = ["location", "https://www.example.com"];
    assert.deepEqual(first?.fields, [":status", "302", ...common, ...location]);
    assert.deepEqual(decodeHex(decoder, "4883 640e ffc1 c0bf")?.fields, [
      ":status",
      "307",
      ...common,
      ...location,
    ]);
    const third = decodeHex(decoder, "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c0");
    assert.deepEqual(third?.fields, [
      ":status",
      "200",
      "cache-control",
      "private",
      "date",
      "Mon, 21 Oct 2013 20:13:22 GMT",
      ...location,
    ]);
  });

  it("answers a repeated block as the first time, and anew once the table has changed", () => {
    const decoder = new HpackDecoder(4096);
    decodeHex(decoder, "4001 6101 62"); // a: b
    assert.deepEqual(decodeHex(decoder, "be")?.fields, ["a", "b"]);
    assert.deepEqual(decodeHex(decoder, "be")?.fields, ["a", "b"]);
    decodeHex(decoder, "4001 6101 63"); // a: c
    assert.deepEqual(decodeHex(decoder, "be")?.fields, ["a", "c"]);
    decodeHex(decoder, "20"); // empties the table
    assert.equal(decodeHex(decoder, "be"), undefined);
  });

  it("knows compression errors", () => {
    for (const hex of [
      "80", // index 0
      "be", // beyond the table
      "ff", // an integer that ends early
      "ffffffffffff", // an integer without bounds
      "40", // no name
      "4005 61", // a string that ends early
      "3fe21f", // a table larger than announced
      "8220", // a size update behind a field
      "202020", // more size updates than needed
    ]) {
      assert.equal(decodeHex(new HpackDecoder(4096), hex), undefined, hex);
    }
  });

  it("marks names and values with octets that they may not hold, at each use of the entry", () => {
    const decoder = new HpackDecoder(4096);
    for (const [name, value] of [
      ["Name", "v"],
      ["na me", "v"],
      ["", "v"],
      [":", "v"],
      ["a", "x\ny"],
    ] as const) {
      const block = `\x40${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
      assert.equal(decodeText(decoder, block)?.malformed, true, JSON.stringify([name, value]));
      assert.equal(decodeText(decoder, "\xbe")?.malformed, true);
    }
    assert.equal(decodeText(decoder, "\x40\x01a\x03b c")?.malformed, false);
  });

  it("takes no text of more coded octets than it may have", () => {
    const block = "\x40\x01a\x02bc";
    assert.equal(decodeText(new HpackDecoder(4096, 1000, 2), block)?.malformed, false);
    assert.equal(decodeText(new HpackDecoder(4096, 1000, 1), block), undefined);
  });

  it("survives whatever bytes come", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (blocks) => {
        const decoder = new HpackDecoder(256);
        for (const block of blocks) {
          const result = decoder.decode(Buffer.from(block), 0, block.length);
          if (result === undefined) return;
          assert.equal(result.fields.length % 2, 0);
        }
      }),
    );
  });
});

const fieldArbitrary = fc.tuple(
  fc.oneof(
    fc.constantFrom("content-type", "x-a", "x-b", "server", "set-cookie", "authorization", "content-length"),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  ),
  fc.oneof(fc.constantFrom("", "1", "text/plain", "envoy"), fc.stringMatching(/^[!-~]{0,80}$/)),
);
const SKIPPED = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

describe("HPACK encoder", () => {
  it("is understood by the decoder, whatever the table's size does", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            fields: fc.array(fieldArbitrary, { maxLength: 8 }),
            tableBytes: fc.option(fc.constantFrom(0, 64, 200, 4096), { nil: undefined }),
            times: fc.integer({ min: 1, max: 3 }),
          }),
          { maxLength: 12 },
        ),
        (steps) => {
          const encoder = new HpackEncoder(4096);
          const decoder = new HpackDecoder(4096);
          for (const { fields, tableBytes, times } of steps) {
            if (tableBytes !== undefined) encoder.setTableBytesMax(tableBytes);
            const flat = fields.flat();
            const expected = fields.filter(([name]) => !SKIPPED.has(name)).flat();
            for (let i = 0; i < times; i++) {
              const block = decodeText(decoder, encoder.encode(flat));
              assert.deepEqual(block?.fields, expected);
              assert.equal(encoder.fieldBytes, block?.bytes);
            }
          }
        },
      ),
    );
  });

  it("keeps no larger table than it may, and says so first", () => {
    const encoder = new HpackEncoder(0);
    const block = encoder.encode(["a", "b"]);
    assert.equal(block.charCodeAt(0), 0x20);
    assert.equal(encoder.encode(["a", "b"]), block.slice(1));
  });

  it("sends a repeated head as indexes alone", () => {
    const encoder = new HpackEncoder(4096);
    const head = [":status", "200", "content-type", "text/plain", "server", "envoy"];
    encoder.encode(head);
    assert.equal(encoder.encode(head).length, 3);
    assert.equal(encoder.encode(head), encoder.encode(head));
  });

  it("codes texts by Huffman only where it may", () => {
    const head = ["x-some-name", "some value"];
    assert.ok(!new HpackEncoder(4096).encode(head).includes("some value"));
    assert.ok(new HpackEncoder(4096, false).encode(head).endsWith("\x0bx-some-name\x0asome value"));
  });

  it("keeps secrets out of the table and marks them as never indexed", () => {
    const encoder = new HpackEncoder(4096);
    const block = encoder.encode(["authorization", "Bearer x"]);
    assert.equal(block.charCodeAt(0) & 0xf0, 0x10);
    assert.equal(encoder.encode(["authorization", "Bearer x"]), block);
  });
});
