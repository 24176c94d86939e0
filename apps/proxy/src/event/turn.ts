/** Something with output that has not been handed to the kernel yet. */
export interface Flushable {
  flush(): void;
}

/**
 * Batches writes: what is written while I/O callbacks run leaves in one system call per connection, when the event loop has heard all
 * that was ready, or sooner where much waits. Writing right behind each read would wake the peers anew for each of them, and the
 * answers of one HTTP/2 connection would leave one by one.
 *
 * One per thread (module state): all connections of a worker share its event loop.
 */
const dirty: Flushable[] = [];
let depth = 0;
let scheduled = false;
let turns = 0;
let gatheredBytes = 0;
let gatheringSinceMs = 0;
let immediate = false;
/** What Envoy reads of a socket before it writes. */
const GATHERED_BYTES_MAX = 256 * 1024;
/** More of them bring little: the peers are awake by then. */
const GATHERED_OUTPUTS_MAX = 64;
/** How long output waits for slow callbacks. */
const GATHERED_MS_MAX = 2;

/** Call at the start of every callback from the event loop; owes one `leaveTurn` or `leaveTurnAndFlush`. */
export function enterTurn(): void {
  if (depth++ === 0) turns++;
}

/** A number of its own for each turn; 0 outside of turns. */
export function currentTurn(): number {
  return depth === 0 ? 0 : turns;
}

/**
 * The end of a callback in the event loop's poll phase, which has read so many bytes. Output waits for the end of that phase, for
 * `GATHERED_BYTES_MAX` of reads, for `GATHERED_OUTPUTS_MAX` connections with output, or for the first turn that ends
 * `GATHERED_MS_MAX` behind the first one, whichever comes first.
 */
export function leaveTurn(readBytes = 0): void {
  if (--depth > 0 || dirty.length === 0) return;
  gatheredBytes += readBytes;
  if (gatheredBytes >= GATHERED_BYTES_MAX || dirty.length >= GATHERED_OUTPUTS_MAX) flushAll();
  else if (gatheringSinceMs === 0) {
    gatheringSinceMs = performance.now();
    if (immediate) return;
    immediate = true;
    setImmediate(flushGathered);
  } else if (performance.now() - gatheringSinceMs >= GATHERED_MS_MAX) flushAll();
}

/** The end of a callback that leaves nothing behind: what it read is only lent, or no reads follow. */
export function leaveTurnAndFlush(): void {
  if (--depth === 0 && dirty.length > 0) flushAll();
}

/** `flushable.flush()` runs once, at the latest as `leaveTurn` says. The caller keeps itself from asking twice. */
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
  gatheringSinceMs = 0;
  depth++;
  for (let i = 0; i < dirty.length; i++) dirty[i]?.flush();
  dirty.length = 0;
  depth--;
}
