/** What was written to the address and may not be in it yet: `base` is what the address was before. */
export interface PendingQueries {
  readonly base: string;
  readonly written: readonly string[];
}

/** The newest that was written while the address is on its way there, else the address: somebody went elsewhere. */
export function shownQuery(pending: PendingQueries | undefined, address: string): string {
  if (pending === undefined || !isOnItsWay(pending, address)) return address;
  return pending.written.at(-1) ?? address;
}

/** With one more that was written. */
export function withQuery(
  pending: PendingQueries | undefined,
  address: string,
  query: string,
): PendingQueries {
  const arrived = pending?.written.at(-1) === address;
  if (pending === undefined || arrived || !isOnItsWay(pending, address))
    return { base: address, written: [query] };
  return { base: pending.base, written: [...pending.written, query] };
}

function isOnItsWay({ base, written }: PendingQueries, address: string): boolean {
  return address === base || written.includes(address);
}
