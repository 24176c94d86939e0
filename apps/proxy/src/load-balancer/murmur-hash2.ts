const MASK = (1n << 64n) - 1n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;
/** That of libstdc++'s std::hash, which Envoy's MURMUR_HASH_2 is. */
const SEED = 0xc70f6907n;

/** MurmurHash2 of 64 bits, as libstdc++ hashes texts; `text`: one char code per octet. */
export function murmurHash2(text: string): bigint {
  const bytes = Buffer.from(text, "latin1");
  let hash = SEED ^ ((BigInt(bytes.length) * MULTIPLIER) & MASK);
  const aligned = bytes.length - (bytes.length % 8);
  for (let at = 0; at < aligned; at += 8) {
    const data = (shiftMix((bytes.readBigUInt64LE(at) * MULTIPLIER) & MASK) * MULTIPLIER) & MASK;
    hash = ((hash ^ data) * MULTIPLIER) & MASK;
  }
  if (aligned < bytes.length) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= aligned; at--) rest = (rest << 8n) | BigInt(bytes[at] ?? 0);
    hash = ((hash ^ rest) * MULTIPLIER) & MASK;
  }
  return shiftMix((shiftMix(hash) * MULTIPLIER) & MASK);
}

function shiftMix(value: bigint): bigint {
  return value ^ (value >> 47n);
}
