/** An ACME authority, without its secrets. */
export interface AcmeAuthority {
  readonly name: string;
  readonly directoryUrl: string;
  readonly email: string | undefined;
  /** PEM: roots of the directory itself. */
  readonly trust: string | undefined;
  /** External account binding: the key's id; the key is never told. */
  readonly eabKid: string | undefined;
  /** There is an account with it. */
  readonly registered: boolean;
  /** The one that certificates come from; the others are kept. */
  readonly isDefault: boolean;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

/** How an automatic certificate is doing. */
export interface ManagedCertificate {
  /** As listeners refer to it: `automatic:a.example,b.example`. */
  readonly name: string;
  readonly names: readonly string[];
  /** `temporary`: self-signed, until the first one is there. */
  readonly state: "temporary" | "issued";
  readonly notAfter: Date;
  readonly authority: string | undefined;
  /** When the next attempt is due. */
  readonly dueAt: Date;
  /** In a row. */
  readonly failures: number;
  readonly lastError: string | undefined;
  readonly triedAt: Date | undefined;
}
