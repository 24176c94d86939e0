export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** May not sign in. */
  readonly disabled: boolean;
  readonly createdAt: Date;
  /** Of the newest session that is still valid. */
  readonly lastSeenAt: Date | undefined;
}
