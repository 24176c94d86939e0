import { setImmediate as nextTurn } from "node:timers/promises";

/** A parser under fuzzing. */
export interface FuzzTarget {
  readonly name: string;
  /** What mutation starts from. */
  readonly corpus: readonly Buffer[];
  /** Pieces that mutation puts in. */
  readonly dictionary: readonly Buffer[];
  /** Default 4096. */
  readonly inputBytesMax?: number;
  /**
   * Gives an input to the parser and throws when an invariant is broken. Answers what kind of input it was, coarsely: one
   * of a new kind is mutated further.
   */
  run(input: Buffer, random: () => number): string;
}

export interface FuzzOptions {
  readonly budgetMs: number;
  /** Default: as many as the budget allows. */
  readonly inputsMax?: number;
  readonly seed: number;
  /** How long one input may take, default 1,000. It is tried three times: other programs may have had the processor. */
  readonly inputMsMax?: number;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly kinds: number;
  readonly seconds: number;
  /** By how much the process's resident memory had grown at most. */
  readonly grownBytes: number;
}

const KINDS_MAX = 4096;
const BATCH = 64;
const GROWTH_BYTES_MAX = 512 * 1024 * 1024;

/** Mutates inputs until the budget is spent. Rejects with the seed and the input (base64) that broke something. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const random = randomFrom(options.seed);
  const corpus = [...target.corpus];
  const kinds = new Set<string>();
  const before = process.memoryUsage.rss();
  const began = performance.now();
  const end = began + options.budgetMs;
  let grownBytes = 0;
  const inputsMax = options.inputsMax ?? Number.POSITIVE_INFINITY;
  let inputs = 0;
  while (inputs < inputsMax && performance.now() < end) {
    const input = inputs < target.corpus.length ? (corpus[inputs] ?? EMPTY) : mutate(corpus, target, random);
    const kind = runOne(target, input, random, options);
    if (!kinds.has(kind) && kinds.size < KINDS_MAX) {
      kinds.add(kind);
      corpus.push(input);
    }
    if (++inputs % BATCH === 0) {
      await nextTurn();
      grownBytes = Math.max(grownBytes, process.memoryUsage.rss() - before);
      if (grownBytes > GROWTH_BYTES_MAX)
        throw failure(target, options, input, `memory has grown by ${grownBytes}`);
    }
  }
  return { inputs, kinds: kinds.size, seconds: (performance.now() - began) / 1000, grownBytes };
}

function runOne(target: FuzzTarget, input: Buffer, random: () => number, options: FuzzOptions): string {
  let kind = "";
  for (let attempt = 0; attempt < 3; attempt++) {
    const started = performance.now();
    try {
      kind = target.run(input, random);
    } catch (error) {
      throw failure(target, options, input, error instanceof Error ? (error.stack ?? error.message) : error);
    }
    if (performance.now() - started <= (options.inputMsMax ?? 1000)) return kind;
  }
  throw failure(target, options, input, "it takes too long");
}

function failure(target: FuzzTarget, options: FuzzOptions, input: Buffer, why: unknown): Error {
  return new Error(`${target.name}, seed ${options.seed}, input ${input.toString("base64")}: ${String(why)}`);
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function mutate(corpus: readonly Buffer[], target: FuzzTarget, random: () => number): Buffer {
  const below = (n: number) => Math.floor(random() * n);
  const pick = (list: readonly Buffer[]) => list[below(list.length)] ?? EMPTY;
  let input = Buffer.from(pick(corpus));
  for (let changes = 1 + below(4); changes > 0; changes--) {
    const at = below(input.length + 1);
    const length = 1 + below(Math.min(64, input.length - at + 1));
    const put = (piece: Uint8Array, remove: number) =>
      Buffer.concat([input.subarray(0, at), piece, input.subarray(at + remove)]);
    switch (below(8)) {
      case 0:
        if (at < input.length) input[at] = (input[at] ?? 0) ^ (1 << below(8));
        break;
      case 1:
        if (at < input.length) input[at] = INTERESTING[below(INTERESTING.length)] ?? below(256);
        break;
      case 2:
        input = put(pick(target.dictionary), 0);
        break;
      case 3:
        input = put(pick(target.dictionary), length);
        break;
      case 4:
        input = put(EMPTY, length);
        break;
      case 5: {
        const piece = input.subarray(at, at + length);
        input = put(Buffer.concat(Array.from({ length: 1 + below(8) }, () => piece)), 0);
        break;
      }
      case 6: {
        const other = pick(corpus);
        input = put(other.subarray(below(other.length + 1)), input.length);
        break;
      }
      default:
        input = put(Buffer.from([below(256)]), below(2));
    }
  }
  return input.subarray(0, target.inputBytesMax ?? 4096);
}

const EMPTY = Buffer.alloc(0);
const INTERESTING = [0, 1, 9, 10, 13, 32, 0x2d, 0x30, 0x39, 0x3a, 0x7f, 0x80, 0xfe, 0xff];

/** Cuts an input into pieces at random places. */
export function cutAtRandom(input: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  while (from < input.length) {
    const size = 1 + Math.floor(random() * random() * (input.length - from));
    pieces.push(input.subarray(from, from + size));
    from += size;
  }
  return pieces;
}
