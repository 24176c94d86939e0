import assert from "node:assert/strict";
import type { FuzzTarget } from "@sluice/harness";
import { HpackDecoder } from "./hpack-decoder.ts";

const LIST_BYTES_MAX = 8192;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Two decoders must say the same of a block, the second time too, when the table has grown by it. */
export const hpackFuzz: FuzzTarget = {
  name: "HPACK decoder",
  corpus: [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    "3fe11f 82 86 84 0f 0d 02 3132",
    "20 3fe11f 40 01 61 01 62 be",
  ].map(hex),
  dictionary: [
    "20",
    "3fe11f",
    "be",
    "bf",
    "ff8001",
    "4001610162",
    "00",
    "7fffffffff0f",
    "10",
    "0f0d",
    "8cf1e3",
  ].map(hex),
  run(input) {
    const [one, other] = [new HpackDecoder(4096, LIST_BYTES_MAX), new HpackDecoder(4096, LIST_BYTES_MAX)];
    let kind = "";
    for (let round = 0; round < 2; round++) {
      const block = one.decode(input, 0, input.length);
      // Remembered blocks are told by their octets: elsewhere in a buffer they must mean the same.
      const moved = Buffer.concat([Buffer.from([0xff]), input, Buffer.from([0xff])]);
      const again = other.decode(moved, 1, 1 + input.length);
      assert.deepEqual(again?.fields, block?.fields);
      assert.equal(again?.malformed, block?.malformed);
      if (block === undefined) return `${kind}failed`;
      assert.equal(block.fields.length % 2, 0);
      let bytes = 0;
      for (const text of block.fields) bytes += text.length;
      assert.ok(bytes <= block.bytes);
      assert.ok(bytes <= LIST_BYTES_MAX + 2 * 4096 + input.length * 2, `${bytes} from ${input.length}`);
      kind += `${Math.min(block.fields.length, 20)}${block.malformed ? "m" : ""},`;
    }
    return kind;
  },
};
