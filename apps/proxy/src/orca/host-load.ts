const SINCE = 0;
const LATEST = 1;
const WEIGHT = 2;

/** Room for what the load reports of one host say, shared by all threads. */
export function hostLoadPage(): SharedArrayBuffer {
  return new SharedArrayBuffer(3 * 8);
}

/**
 * What the load reports of one host have made of its weight, whichever thread heard them. Times are wall-clock ms, which all
 * threads have in common.
 */
export class HostLoad {
  readonly #slots: Float64Array;

  constructor(page: SharedArrayBuffer) {
    this.#slots = new Float64Array(page);
  }

  /** A report has come. */
  note(weight: number, wallMs: number): void {
    const slots = this.#slots;
    slots[WEIGHT] = weight;
    slots[LATEST] = wallMs;
    if (slots[SINCE] === 0) slots[SINCE] = wallMs;
  }

  /**
   * Undefined: there are no reports, or not yet for `blackoutMs`, or none came for `expirationMs`, after which they have to come for
   * `blackoutMs` again.
   */
  weightAt(wallMs: number, blackoutMs: number, expirationMs: number): number | undefined {
    const slots = this.#slots;
    const since = slots[SINCE] ?? 0;
    if (since === 0 || since > wallMs - blackoutMs) return undefined;
    if ((slots[LATEST] ?? 0) < wallMs - expirationMs) {
      slots[SINCE] = 0;
      return undefined;
    }
    return slots[WEIGHT];
  }
}
