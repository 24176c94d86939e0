/** A 64-bit word in two halves, changed in place: BigInt would allocate at every step. */
class Word {
  hi: number;
  lo: number;

  constructor(hi = 0, lo = 0) {
    this.hi = hi;
    this.lo = lo;
  }

  set(hi: number, lo: number): this {
    this.hi = hi | 0;
    this.lo = lo | 0;
    return this;
  }

  add(hi: number, lo: number): this {
    const sum = (this.lo >>> 0) + (lo >>> 0);
    this.lo = sum | 0;
    this.hi = (this.hi + hi + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    return this;
  }

  multiply(hi: number, lo: number): this {
    const a = this.lo;
    this.hi = (multiplyHigh(a, lo) + Math.imul(this.hi, lo) + Math.imul(a, hi)) | 0;
    this.lo = Math.imul(a, lo);
    return this;
  }

  xor(hi: number, lo: number): this {
    this.hi ^= hi;
    this.lo ^= lo;
    return this;
  }

  /** 0 < `bits` < 32. */
  rotateLeft(bits: number): this {
    const { hi, lo } = this;
    this.hi = (hi << bits) | (lo >>> (32 - bits));
    this.lo = (lo << bits) | (hi >>> (32 - bits));
    return this;
  }

  /** x ^= x >> `bits`. */
  foldDown(bits: number): this {
    const { hi, lo } = this;
    if (bits < 32) return this.xor(hi >>> bits, (lo >>> bits) | (hi << (32 - bits)));
    return this.xor(0, bits === 32 ? hi : hi >>> (bits - 32));
  }
}

/** The upper half of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const rest = (middle & 0xffff) + aLow * bHigh;
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(rest / 0x10000);
}

// The five primes of XXH64 as halves.
const P1H = 0x9e3779b1;
const P1L = 0x85ebca87;
const P2H = 0xc2b2ae3d;
const P2L = 0x27d4eb4f;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9;
const P4H = 0x85ebca77;
const P4L = 0xc2b2ae63;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;

const result = new Word();
const scratch = new Word();
const lanes = [new Word(), new Word(), new Word(), new Word()] as const;

function read32(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

function round(lane: Word, hi: number, lo: number): void {
  scratch.set(hi, lo).multiply(P2H, P2L);
  lane.add(scratch.hi, scratch.lo).rotateLeft(31).multiply(P1H, P1L);
}

function mergeLane({ hi, lo }: Word): void {
  scratch.set(hi, lo).multiply(P2H, P2L).rotateLeft(31).multiply(P1H, P1L);
  result.xor(scratch.hi, scratch.lo).multiply(P1H, P1L).add(P4H, P4L);
}

function rotated(lane: Word, bits: number): Word {
  return scratch.set(lane.hi, lane.lo).rotateLeft(bits);
}

/** Hashes `text` into `result`. */
function digest(text: string, seedHi: number, seedLo: number): void {
  const { length } = text;
  let at = 0;
  if (length >= 32) {
    const [one, two, three, four] = lanes;
    one.set(seedHi, seedLo).add(P1H, P1L).add(P2H, P2L);
    two.set(seedHi, seedLo).add(P2H, P2L);
    three.set(seedHi, seedLo);
    // Minus the first prime.
    four.set(seedHi, seedLo).add(~P1H, ~P1L).add(0, 1);
    for (; at + 32 <= length; at += 32)
      for (let lane = 0; lane < 4; lane++) {
        const from = at + 8 * lane;
        round(lanes[lane as 0 | 1 | 2 | 3], read32(text, from + 4), read32(text, from));
      }
    result.set(0, 0);
    rotated(one, 1);
    result.add(scratch.hi, scratch.lo);
    rotated(two, 7);
    result.add(scratch.hi, scratch.lo);
    rotated(three, 12);
    result.add(scratch.hi, scratch.lo);
    rotated(four, 18);
    result.add(scratch.hi, scratch.lo);
    for (const lane of lanes) mergeLane(lane);
  } else result.set(seedHi, seedLo).add(P5H, P5L);
  result.add(0, length);
  for (; at + 8 <= length; at += 8) {
    scratch
      .set(read32(text, at + 4), read32(text, at))
      .multiply(P2H, P2L)
      .rotateLeft(31)
      .multiply(P1H, P1L);
    result.xor(scratch.hi, scratch.lo).rotateLeft(27).multiply(P1H, P1L).add(P4H, P4L);
  }
  if (at + 4 <= length) {
    scratch.set(0, read32(text, at)).multiply(P1H, P1L);
    result.xor(scratch.hi, scratch.lo).rotateLeft(23).multiply(P2H, P2L).add(P3H, P3L);
    at += 4;
  }
  for (; at < length; at++) {
    scratch.set(0, text.charCodeAt(at) & 0xff).multiply(P5H, P5L);
    result.xor(scratch.hi, scratch.lo).rotateLeft(11).multiply(P1H, P1L);
  }
  result.foldDown(33).multiply(P2H, P2L).foldDown(29).multiply(P3H, P3L).foldDown(32);
}

/** XXH64 of a binary string (one char code per octet), as Envoy hashes everything that hosts and fractions depend on. */
export function xxHash64(text: string, seed = 0n): bigint {
  digest(text, Number((seed >> 32n) & 0xffff_ffffn), Number(seed & 0xffff_ffffn));
  return (BigInt(result.hi >>> 0) << 32n) | BigInt(result.lo >>> 0);
}
