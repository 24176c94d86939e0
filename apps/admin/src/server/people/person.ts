import type { Role } from "@sluice/config";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
  /** Of the newest session that is still valid. */
  readonly lastSeenAt: Date | undefined;
}
