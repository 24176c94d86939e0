import type { Clock } from "@sluice/extension-api";
import { xxHash64 } from "@sluice/matching";
import type { SharedNumber } from "../../../../worker/shared-slots.ts";
import { SharedTokenBucket, type TokenBucketSettings } from "../../../../worker/shared-token-bucket.ts";

interface Cell {
  /** Whose bucket it is: a hash of its descriptor; `FREE`: nobody's. */
  readonly owner: SharedNumber;
  /** The turn in which it was last asked for. */
  readonly usedAt: SharedNumber;
  readonly emptyAt: SharedNumber;
  readonly bucket: SharedTokenBucket;
}

/** What every number starts as; as a bucket's: full. */
const FREE = 1;
/** A double holds no longer integer exactly. */
const HASH_BITS = 53;

/**
 * Buckets for descriptors as they come: one for each, at most so many; the one that was not asked for longest makes room. Cells are
 * shared by all workers. Two that take the same cell at once may lose a token or give one too many, no more.
 */
export class DynamicBuckets {
  private readonly cells: readonly Cell[];
  private readonly turn: SharedNumber;
  /** Where a bucket was last found. */
  private readonly known = new Map<number, Cell>();

  /** `numberOf`: by name; starts as 1. */
  constructor(
    settings: TokenBucketSettings,
    bucketsMax: number,
    numberOf: (name: string) => SharedNumber,
    clock: Clock,
  ) {
    this.turn = numberOf("turn");
    this.cells = Array.from({ length: bucketsMax }, (_, i) => {
      const emptyAt = numberOf(`${i} empty`);
      return {
        owner: numberOf(`${i} owner`),
        usedAt: numberOf(`${i} used`),
        emptyAt,
        bucket: new SharedTokenBucket(settings, emptyAt, clock),
      };
    });
  }

  /** `key`: the descriptor in full. */
  bucketFor(key: string): SharedTokenBucket | undefined {
    const hash = Number(BigInt.asUintN(HASH_BITS, xxHash64(key))) || FREE + 1;
    const turn = advance(this.turn);
    let cell = this.known.get(hash);
    if (cell?.owner.load() !== hash) cell = this.find(hash);
    if (cell === undefined) return undefined;
    set(cell.usedAt, turn);
    return cell.bucket;
  }

  private find(hash: number): Cell | undefined {
    const found = this.cells.find(({ owner }) => owner.load() === hash) ?? this.take(hash);
    if (found === undefined) return undefined;
    if (this.known.size >= this.cells.length) this.known.clear();
    this.known.set(hash, found);
    return found;
  }

  private take(hash: number): Cell | undefined {
    let oldest: Cell | undefined;
    for (const cell of this.cells) {
      if (oldest === undefined || cell.usedAt.load() < oldest.usedAt.load()) oldest = cell;
    }
    if (oldest === undefined) return undefined;
    set(oldest.owner, hash);
    set(oldest.emptyAt, FREE);
    return oldest;
  }
}

function advance(number: SharedNumber): number {
  for (;;) {
    const before = number.load();
    if (number.exchange(before, before + 1)) return before + 1;
  }
}

function set(number: SharedNumber, value: number): void {
  while (!number.exchange(number.load(), value));
}
