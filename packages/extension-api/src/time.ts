/** Injected, so that tests are exact. */
export interface Clock {
  /** Monotonic, in milliseconds with a fraction. Cached per event-loop turn by the implementation where that is faster. */
  nowMs(): number;
  /** Wall clock, in milliseconds since the epoch. */
  wallMs(): number;
}

/** A timer that can be armed again and again without allocating. Created disarmed. */
export interface Timer {
  /** (Re)arms; the callback runs once, at least `delayMs` from now. */
  arm(delayMs: number): void;
  disarm(): void;
  readonly armed: boolean;
}

export interface Timers {
  create(callback: () => void): Timer;
}

/** Uniform random numbers. */
export interface Random {
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** RFC 9562 version 4. */
  uuid(): string;
}
