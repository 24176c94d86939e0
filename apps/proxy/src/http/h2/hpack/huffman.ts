/**
 * The code of RFC 7541 Appendix B. It is canonical (§5.2): the lengths determine the codes, shorter ones first, equal ones in
 * order of symbols. Index 256 is the end of string, which may only appear as padding.
 */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END_OF_STRING = 256;

const CODES: readonly number[] = canonicalCodes();

function canonicalCodes(): number[] {
  const codes = new Array<number>(LENGTHS.length).fill(0);
  const order = LENGTHS.map((_, symbol) => symbol).sort(
    (a, b) => (LENGTHS[a] ?? 0) - (LENGTHS[b] ?? 0) || a - b,
  );
  let code = 0;
  let length = 0;
  for (const symbol of order) {
    const own = LENGTHS[symbol] ?? 0;
    code = code * 2 ** (own - length);
    length = own;
    codes[symbol] = code++;
  }
  return codes;
}

/**
 * The decoder as a machine that takes four bits a step (no code is shorter than five, so a step ends at most one symbol).
 * `STEPS[state * 16 + bits]`: next state in bits 0–8, symbol in bits 9–16, then flags.
 */
const SYMBOL_SHIFT = 9;
const HAS_SYMBOL = 1 << 17;
const INVALID = 1 << 18;
const STEPS = buildSteps();
/** 1 for states in which a string may end: fewer than eight bits, all ones, since the last symbol (§5.2). */
const ACCEPTING = new Uint8Array(STEPS.length / 16);
markAccepting();

/** A binary tree: inner nodes are the states, in order of creation; leaves are `-1 - symbol`. */
function buildTree(): { zero: number[]; one: number[] } {
  const zero = [0];
  const one = [0];
  LENGTHS.forEach((length, symbol) => {
    const code = CODES[symbol] ?? 0;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = Math.floor(code / 2 ** bit) % 2 === 1 ? one : zero;
      if (bit === 0) side[node] = -1 - symbol;
      else {
        if ((side[node] ?? 0) === 0) {
          side[node] = zero.length;
          zero.push(0);
          one.push(0);
        }
        node = side[node] ?? 0;
      }
    }
  });
  return { zero, one };
}

function buildSteps(): Uint32Array {
  const { zero, one } = buildTree();
  const steps = new Uint32Array(zero.length * 16);
  for (let state = 0; state < zero.length; state++) {
    for (let bits = 0; bits < 16; bits++) {
      let node = state;
      let entry = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const next = ((bits >> bit) & 1) === 1 ? (one[node] ?? 0) : (zero[node] ?? 0);
        if (next >= 0) {
          node = next;
          continue;
        }
        const symbol = -1 - next;
        if (symbol === END_OF_STRING) entry |= INVALID;
        else entry |= HAS_SYMBOL | (symbol << SYMBOL_SHIFT);
        node = 0;
      }
      steps[state * 16 + bits] = entry | node;
    }
  }
  return steps;
}

function markAccepting(): void {
  const { one } = buildTree();
  let node = 0;
  for (let bits = 0; bits < 8; bits++) {
    ACCEPTING[node] = 1;
    node = one[node] ?? 0;
  }
}

let scratch = Buffer.allocUnsafe(4096);

/** The decoded text as latin1, or `undefined` when the octets are no such code. */
export function huffmanDecode(octets: Uint8Array, start: number, end: number): string | undefined {
  // No code is shorter than five bits.
  const octetsMax = ((end - start) * 8) / 5 + 1;
  if (scratch.length < octetsMax) scratch = Buffer.allocUnsafe(octetsMax * 2);
  const out = scratch;
  let at = 0;
  let state = 0;
  for (let i = start; i < end; i++) {
    const octet = octets[i] ?? 0;
    let step = STEPS[state * 16 + (octet >> 4)] ?? INVALID;
    if ((step & HAS_SYMBOL) !== 0) out[at++] = (step >> SYMBOL_SHIFT) & 0xff;
    if ((step & INVALID) !== 0) return undefined;
    step = STEPS[(step & 0x1ff) * 16 + (octet & 15)] ?? INVALID;
    if ((step & HAS_SYMBOL) !== 0) out[at++] = (step >> SYMBOL_SHIFT) & 0xff;
    if ((step & INVALID) !== 0) return undefined;
    state = step & 0x1ff;
  }
  return ACCEPTING[state] === 1 ? out.toString("latin1", 0, at) : undefined;
}

/** Length of the code of a latin1 text in octets. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += LENGTHS[text.charCodeAt(i) & 0xff] ?? 0;
  return (bits + 7) >> 3;
}

/** The code of a latin1 text, as latin1. */
export function huffmanEncode(text: string): string {
  let out = "";
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    let length = LENGTHS[symbol] ?? 0;
    const code = CODES[symbol] ?? 0;
    while (length > 0) {
      const take = Math.min(8 - heldBits, length);
      length -= take;
      held = (held << take) | ((code >>> length) & ((1 << take) - 1));
      heldBits += take;
      if (heldBits < 8) continue;
      out += String.fromCharCode(held);
      held = 0;
      heldBits = 0;
    }
  }
  if (heldBits > 0) out += String.fromCharCode((held << (8 - heldBits)) | ((1 << (8 - heldBits)) - 1));
  return out;
}
