/** One step of a decision, for people. */
export interface MatchStep {
  /** The field that decided, from where the tree stands. */
  readonly field: string;
  /** `unknown`: its data has not arrived yet. */
  readonly outcome: "matched" | "rejected" | "unknown";
  readonly message: string;
}

/** Where a decision leaves its reasons; `undefined` on the data path. */
export type MatchTrace = MatchStep[] | undefined;

/** What a predicate answers. */
export const Outcome = { Rejected: 0, Matched: 1, Unknown: 2 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const OUTCOME_NAMES = ["rejected", "matched", "unknown"] as const;
