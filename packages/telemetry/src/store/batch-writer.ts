export interface BatchWriterOptions<Batch> {
  readonly name: string;
  /** Takes everything that waits; undefined when nothing does. */
  readonly take: () => Batch | undefined;
  /** Puts a batch back that was not written, before what came meanwhile. */
  readonly putBack: (batch: Batch) => void;
  readonly write: (batch: Batch) => Promise<void>;
  /** Postgres refused the content itself: it will never be written. */
  readonly onRefused: (batch: Batch) => void;
  readonly deadlineMs: number;
  readonly onTrouble: ((what: string, error: unknown) => void) | undefined;
  readonly onRecovered: ((what: string) => void) | undefined;
}

const GATHER_MS = 20;
const RETRY_MS = 500;

/**
 * Writes soon after something came, one batch at a time: what comes during a write makes the next. While Postgres is away
 * it tries again twice a second.
 */
export class BatchWriter<Batch> {
  readonly #options: BatchWriterOptions<Batch>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #troubled = false;
  #closed = false;

  constructor(options: BatchWriterOptions<Batch>) {
    this.#options = options;
  }

  /** Something waits. */
  wake(): void {
    if (!this.#closed && this.#timer === undefined && this.#writing === undefined) this.#schedule(GATHER_MS);
  }

  /** Writes what waits once more and stops; what cannot be written within the deadline is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    await this.#writeOnce();
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writeOnce().finally(() => {
        this.#writing = undefined;
      });
    }, afterMs);
  }

  async #writeOnce(): Promise<void> {
    const batch = this.#options.take();
    if (batch === undefined) return;
    try {
      await withDeadline(this.#options.write(batch), this.#options.deadlineMs);
      if (this.#troubled) this.#options.onRecovered?.(this.#options.name);
      this.#troubled = false;
      if (!this.#closed) this.#schedule(GATHER_MS);
    } catch (error) {
      const refused = isRefusal(error);
      if (!this.#troubled || refused) this.#options.onTrouble?.(this.#options.name, error);
      this.#troubled = true;
      if (refused) this.#options.onRefused(batch);
      else this.#options.putBack(batch);
      if (!this.#closed) this.#schedule(refused ? GATHER_MS : RETRY_MS);
    }
  }
}

/** SQLSTATE classes 22 (data) and 23 (constraint) will not go better the next time; everything else may. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^2[23][0-9A-Z]{3}$/.test(code);
}

async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Postgres did not answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
