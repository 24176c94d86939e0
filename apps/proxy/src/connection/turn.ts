/** Something with output that has not been handed to the kernel yet. */
export interface Flushable {
  flush(): void;
}

/**
 * Batches writes: what is written while an I/O callback runs leaves when the callback ends, one system call per connection.
 * One per thread (module state): all connections of a worker share its event loop.
 */
const dirty: Flushable[] = [];
let depth = 0;
let scheduled = false;
let turns = 0;
let gatheredBytes = 0;
let immediate = false;
/** What Envoy reads of a socket before it writes. */
const GATHERED_BYTES_MAX = 256 * 1024;

/** Call at the start of every callback from the event loop; owes one `leaveTurn`. */
export function enterTurn(): void {
  if (depth++ === 0) turns++;
}

/** A number of its own for each turn; 0 outside of turns. */
export function currentTurn(): number {
  return depth === 0 ? 0 : turns;
}

export function leaveTurn(): void {
  if (--depth === 0 && dirty.length > 0) flushAll();
}

/**
 * `leaveTurn` after a read that filled its buffer: the same socket is most likely read again at once, and what both reads
 * bring may leave in one system call. Output waits for the next turn's end, for `GATHERED_BYTES_MAX` of such reads, or for the
 * end of the event loop's poll phase, whichever comes first.
 */
export function leaveTurnExpectingMore(bytes: number): void {
  gatheredBytes += bytes;
  if (gatheredBytes >= GATHERED_BYTES_MAX) {
    leaveTurn();
    return;
  }
  if (--depth > 0 || dirty.length === 0 || immediate) return;
  immediate = true;
  setImmediate(flushGathered);
}

/** `flushable.flush()` runs once, at the end of this turn. The caller keeps itself from asking twice. */
export function flushAtTurnEnd(flushable: Flushable): void {
  dirty.push(flushable);
  if (depth === 0 && !scheduled) {
    scheduled = true;
    queueMicrotask(flushScheduled);
  }
}

function flushScheduled(): void {
  scheduled = false;
  if (depth === 0) flushAll();
}

function flushGathered(): void {
  immediate = false;
  if (depth === 0 && dirty.length > 0) flushAll();
}

function flushAll(): void {
  gatheredBytes = 0;
  depth++;
  for (let i = 0; i < dirty.length; i++) dirty[i]?.flush();
  dirty.length = 0;
  depth--;
}
