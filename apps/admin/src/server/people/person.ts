export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** May not sign in. */
  readonly disabled: boolean;
  /** Whether there is a password to sign in with, beside passkeys and providers. */
  readonly hasPassword: boolean;
  /** Second factors that are set up. */
  readonly secondFactors: readonly ("app" | "passkey")[];
  /** Where one is compulsory and there is none: until when there has to be one. */
  readonly secondFactorDueAt: Date | undefined;
  readonly createdAt: Date;
  /** Of the newest session that is still valid. */
  readonly lastSeenAt: Date | undefined;
}
