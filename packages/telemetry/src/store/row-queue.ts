const BATCH_ROWS_MAX = 2_000;

/** First in, first out, bounded: when it is full the oldest go. */
export class RowQueue<Row> {
  #rows: Row[] = [];
  readonly #rowsMax: number;
  readonly #onDropped: (row: Row) => void;

  constructor(rowsMax: number, onDropped: (row: Row) => void) {
    this.#rowsMax = rowsMax;
    this.#onDropped = onDropped;
  }

  push(rows: readonly Row[]): void {
    this.#rows.push(...rows);
    this.#dropOldest();
  }

  /** The oldest 2,000 at most. */
  take(): readonly Row[] | undefined {
    return this.#rows.length === 0 ? undefined : this.#rows.splice(0, BATCH_ROWS_MAX);
  }

  putBack(rows: readonly Row[]): void {
    this.#rows = [...rows, ...this.#rows];
    this.#dropOldest();
  }

  #dropOldest(): void {
    const excess = this.#rows.length - this.#rowsMax;
    if (excess > 0) for (const row of this.#rows.splice(0, excess)) this.#onDropped(row);
  }
}
