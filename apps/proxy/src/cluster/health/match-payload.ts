/** Whether `received` holds all of `expected` in this order, anything before, between and behind. */
export function matchesPayload(expected: readonly Uint8Array[], received: Buffer): boolean {
  let from = 0;
  for (const part of expected) {
    const at = received.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
