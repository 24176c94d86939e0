import type { Clock } from "@sluice/extension-api";
import type { SharedNumber } from "../../../../worker/shared-slots.ts";

export interface CachedAnswer {
  readonly status: number;
  readonly degraded: boolean;
}

/** What a shared number is before anybody has set it. */
const UNSET = 1;
/** The answer's part of the number: twice the status, and one more where it is degraded. */
const ANSWERS = 2000;

/**
 * The last answer to a check, whichever worker saw it. As in Envoy it stands for others until the period ends in which it came: periods
 * of `periodMs` follow one another from the filter's beginning.
 */
export class CheckCache {
  private readonly periodMs: number;
  private readonly since: SharedNumber;
  private readonly answer: SharedNumber;
  private readonly clock: Clock;

  /** `numberOf`: by name; starts as 1. */
  constructor(periodMs: number, numberOf: (name: string) => SharedNumber, clock: Clock) {
    this.periodMs = periodMs;
    this.since = numberOf("since");
    this.answer = numberOf("answer");
    this.clock = clock;
    this.since.exchange(UNSET, clock.wallMs());
  }

  get(): CachedAnswer | undefined {
    const number = this.answer.load();
    const answer = number % ANSWERS;
    const status = answer >> 1;
    if (status === 0 || (number - answer) / ANSWERS !== this.period) return undefined;
    return { status, degraded: answer % 2 === 1 };
  }

  put({ status, degraded }: CachedAnswer): void {
    const number = this.period * ANSWERS + status * 2 + (degraded ? 1 : 0);
    while (!this.answer.exchange(this.answer.load(), number));
  }

  private get period(): number {
    return Math.floor((this.clock.wallMs() - this.since.load()) / this.periodMs);
  }
}
