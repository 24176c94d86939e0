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

function flushAll(): void {
  depth++;
  for (let i = 0; i < dirty.length; i++) dirty[i]?.flush();
  dirty.length = 0;
  depth--;
}
