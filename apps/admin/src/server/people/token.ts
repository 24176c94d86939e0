import type { Grant } from "@sluice/config";

/** An API token without its secret, which nobody can read again. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** E-mail of the person for whom it speaks. */
  readonly owner: string;
  readonly grants: readonly Grant[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
  readonly lastUsedAddress: string | undefined;
  readonly revokedAt: Date | undefined;
  readonly revokedBy: string | undefined;
  readonly state: "valid" | "expired" | "revoked";
}
