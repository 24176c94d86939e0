import type { AcmeChallengeType } from "@sluice/config";

/** What an authority wants to see of one name. */
export interface Challenge {
  /** The host name; of a wildcard what is behind `*.`. */
  readonly identifier: string;
  readonly token: string;
  readonly keyAuthorization: string;
}

/** One way to prove names. */
export interface Prover {
  readonly type: AcmeChallengeType;
  /**
   * Puts the answers up, and returns when whoever an authority may ask has them.
   *
   * @throws AcmeError why that cannot be
   */
  present(challenges: readonly Challenge[]): Promise<void>;
  /** Takes down whatever was put up, also after `present` has thrown; what cannot be taken down is tried again later, not thrown. */
  withdraw(challenges: readonly Challenge[]): Promise<void>;
}
