import assert from "node:assert/strict";
import { it } from "node:test";
import { xxHash64 } from "./xx-hash64.ts";

/** Octets of all values, as a binary string. */
function octets(length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode((i * 37 + 11) & 0xff)).join("");
}

// Length, seed and what the reference implementation gives.
const VECTORS: readonly (readonly [number, bigint, bigint])[] = [
  [0, 0n, 17241709254077376921n],
  [1, 0n, 17695417848494312630n],
  [4, 0n, 18095002551327804821n],
  [7, 5n, 1716212385089811706n],
  [8, 0n, 6326197883652792858n],
  [31, 0n, 16474420504532985006n],
  [32, 0n, 14730019472659778349n],
  [33, 18446744073709551615n, 3181447489068221013n],
  [100, 0n, 5199092852817043491n],
  [129, 123456789012345n, 6650119969975644167n],
];

it("gives XXH64 of texts of every kind of length, with and without seed", () => {
  for (const [length, seed, hash] of VECTORS)
    assert.equal(xxHash64(octets(length), seed), hash, String(length));
  assert.equal(xxHash64("hello"), 2794345569481354659n);
});
