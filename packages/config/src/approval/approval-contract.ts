/** The words of approval by a second person; part of the package's contract. */
import type { RolloutStrategy } from "../rollout/rollout-contract.ts";

/**
 * `open`: waits for another person. `approved`: started what was asked for, by a second person or by breaking the glass.
 * `stale`: what the group runs changed meanwhile, so that what was looked at is not what would happen. `expired`: nobody
 * decided in time.
 */
export const APPROVAL_STATES = ["open", "approved", "refused", "withdrawn", "stale", "expired"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** `unprotect`: to end the protection of the group. */
export type ApprovalKind = "publish" | "rollback" | "unprotect";

/** How long a request may wait. */
export const APPROVAL_LIFE_DAYS = 7;

/** What somebody asked for in a protected group, and what became of it. What is asked for never changes. */
export interface ApprovalRequest {
  readonly id: number;
  readonly kind: ApprovalKind;
  readonly group: string;
  /** What would go to the group; undefined of an `unprotect`. */
  readonly version: number | undefined;
  /** What the group went to when it was asked for: with `version`, the difference to look at. Undefined: nothing. */
  readonly base: number | undefined;
  readonly strategy: RolloutStrategy | undefined;
  /** Why, in the words of who asked. */
  readonly message: string;
  /** It was published although checks fail: the reason. */
  readonly override: string | undefined;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  /** Whoever reads it asked for it: they may withdraw it and not approve it. */
  readonly own: boolean;
  readonly state: ApprovalState;
  /** Who approved, refused or withdrew it, or changed the group. */
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
  /** Why: of a refusal, of a broken glass, of being stale. */
  readonly reason: string | undefined;
  /** One person alone started it, in an emergency. */
  readonly brokenGlass: boolean;
  /** What it started. */
  readonly rollout: number | undefined;
}
