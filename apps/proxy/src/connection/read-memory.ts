import { noteRead } from "./collect-reads.ts";

/** What libuv offers to a read; most reads bring far less. */
export const SHARED_READ_BYTES = 65_536;
/** What Envoy reads of a socket before it writes. */
const LENT_READ_BYTES = 256 * 1024;
/** Below this copying costs less than a system call's share of a large read saves. */
const COPIED_BYTES_MAX = 32 * 1024;
/** Sockets that have a slab of their own, in each thread. */
const HOLDERS_MAX = 64;
/** Large reads that are copied after a slab did not come back. */
const COPIES_AFTER_LOSS = 32;

/*
 * What a read brings is lent to the rooms of the proxy until the end of its turn, and most of it has been handed to the kernel by
 * then. Whether that is so decides about the memory: it is read into again, or belongs from then on to whoever still holds it.
 *
 * - A reader that accounts for its input says so (`accountForRead`) and names what it passes on (`lend`).
 * - A connection that has handed a part to the kernel gives it back (`giveBack`).
 * - Who may look at bytes after they were written says so (`keepRead`); who only holds them need not: they do not come back.
 *
 * One per thread (module state), since a turn belongs to one read.
 */
let lentMemory: ArrayBufferLike | undefined;
let outstandingBytes = 0;
let accounted = false;
let kept = false;

/** The reader will `lend` each part of this read that it passes on, and itself keeps none. */
export function accountForRead(): void {
  accounted = true;
}

/** `chunk` is passed on. */
export function lend(chunk: Uint8Array): void {
  if (chunk.buffer === lentMemory) outstandingBytes += chunk.length;
}

/** Nothing of `chunk` is needed any more by the one it was passed on to. */
export function giveBack(chunk: Uint8Array): void {
  if (chunk.buffer === lentMemory) outstandingBytes -= chunk.length;
}

/** Somebody may keep what this turn passes on, though it is written as well. */
export function keepRead(): void {
  kept = true;
}

/** Where all sockets of the thread read to that have no slab. */
export const sharedReadMemory: Buffer = Buffer.allocUnsafeSlow(SHARED_READ_BYTES);
const holders: ReadMemory[] = [];
let nextVictim = 0;

/** Who is told of a read. */
export interface ReadReceiver {
  /**
   * @param lent good until this returns, and everything that leaves in this turn has been flushed by then; otherwise the
   * chunk is the receiver's
   */
  receive(chunk: Buffer, lent: boolean): void;
  /** Of a socket that has filled a read. */
  readMemory: ReadMemory | undefined;
}

/** `ReadMemory.take` of a socket that has none: a copy of the first bytes of what all share. */
export function takeShared(bytes: number, receiver: ReadReceiver): void {
  receiver.receive(copyOf(sharedReadMemory, bytes), false);
}

/**
 * Where the reads of one socket go: into memory that all sockets of the thread share, from which they are copied; after a read
 * that filled it, into a slab of 256 KiB of its own, which is lent out. A slab stays with its socket until the socket closes, the
 * slab does not come back, or another socket needs it more.
 */
export class ReadMemory {
  /** Where the next read goes. */
  current: Buffer = sharedReadMemory;
  private readonly redirect: (memory: Buffer) => void;
  private copies = 0;
  private lending = false;

  /** `redirect` is called when a read that nobody has asked for yet is to go elsewhere. */
  constructor(redirect: (memory: Buffer) => void) {
    this.redirect = redirect;
  }

  /** Hands the first bytes of `current` on, and decides where the next read goes. */
  take(bytes: number, receiver: ReadReceiver): void {
    const memory = this.current;
    if (memory === sharedReadMemory || bytes <= COPIED_BYTES_MAX) {
      if (memory === sharedReadMemory && bytes === SHARED_READ_BYTES && --this.copies <= 0) this.hold();
      receiver.receive(copyOf(memory, bytes), false);
      return;
    }
    // A read within the turn of another one has no flush of its own to wait for.
    const nested = lentMemory !== undefined;
    if (!nested) {
      lentMemory = memory.buffer;
      outstandingBytes = 0;
      accounted = false;
      kept = false;
    }
    this.lending = true;
    receiver.receive(bytes === memory.length ? memory : memory.subarray(0, bytes), true);
    this.lending = false;
    const back = !nested && accounted && !kept && outstandingBytes === 0;
    if (!nested) lentMemory = undefined;
    if (back) return;
    noteRead(memory.length);
    this.copies = COPIES_AFTER_LOSS;
    this.release();
  }

  /** The socket is gone, or its slab is. */
  release(): void {
    if (this.current === sharedReadMemory) return;
    this.current = sharedReadMemory;
    const at = holders.indexOf(this);
    const last = holders.pop();
    if (last !== undefined && last !== this) holders[at] = last;
  }

  private hold(): void {
    if (holders.length < HOLDERS_MAX) this.current = Buffer.allocUnsafeSlow(LENT_READ_BYTES);
    else {
      nextVictim = (nextVictim + 1) % HOLDERS_MAX;
      const victim = holders[nextVictim];
      if (victim === undefined || victim.lending) return;
      const slab = victim.current;
      victim.release();
      victim.redirect(sharedReadMemory);
      this.current = slab;
    }
    holders.push(this);
  }
}

/** Small copies share the pool of Node's buffers; large ones have memory of their own. */
function copyOf(memory: Buffer, bytes: number): Buffer {
  const copy = bytes < 4096 ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
  memory.copy(copy, 0, 0, bytes);
  return copy;
}
