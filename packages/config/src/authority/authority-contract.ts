export type RotationStep = "start" | "switch" | "finish" | "cancel";

/** A root of the nodes' certificates. */
export interface TrustedRoot {
  /** SHA-256 of the certificate, base64url: what join tokens name. */
  readonly fingerprint: string;
  readonly createdAt: Date;
  readonly notAfter: Date;
}

export interface AuthorityStatus {
  /** `steady`; `trusting` the new root is trusted beside the old; `signing` the new one signs, the old one is still trusted. */
  readonly phase: "steady" | "trusting" | "signing";
  /** What certificates are signed with now. */
  readonly signing: TrustedRoot;
  /** While trusting: the new one; undefined until the control plane has made it. */
  readonly next: TrustedRoot | undefined;
  /** While signing: the old one. */
  readonly previous: TrustedRoot | undefined;
  /** Of the phase. */
  readonly since: Date | undefined;
  readonly by: string | undefined;
  /** Nodes that have to renew before the next step. */
  readonly waiting: readonly string[];
  /** While trusting: join tokens that the next step voids, since they name the old root. */
  readonly tokens: number;
}
