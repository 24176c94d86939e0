/** A one-time link that has not been used, revoked or outlived. Its secret nobody can read again. */
export interface Invitation {
  readonly id: string;
  /** `account`: for a new one; `password`: for a new password of somebody who has one. */
  readonly kind: "account" | "password";
  readonly email: string;
  readonly name: string;
  readonly role: string | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date;
}

export interface CreatedInvitation {
  readonly id: string;
  /** What the link ends with, after `/accept#`: shown this once, nowhere stored. */
  readonly token: string;
  readonly expiresAt: Date;
}
