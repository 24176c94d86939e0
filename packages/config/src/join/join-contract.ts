import type { Labels } from "@sluice/join/certificates";

/** A join token, without its secret. */
export interface JoinTokenState {
  readonly id: string;
  readonly note: string;
  /** The only node id that it lets in; undefined: any that is not taken yet. */
  readonly node: string | undefined;
  /** What a node that joins with it is labelled with, whatever it says of itself. */
  readonly labels: Labels;
  readonly usesMax: number;
  readonly uses: number;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** Whether it lets a node in now, and if not why. */
  readonly state: "usable" | "spent" | "expired" | "revoked";
}

/** A client certificate that a node was given. */
export interface NodeCertificateState {
  /** Hex, lower case. */
  readonly serial: string;
  readonly node: string;
  readonly labels: Labels;
  readonly issuedAt: Date;
  readonly notAfter: Date;
  /** Id of the token that first let the node in. */
  readonly token: string;
  /** Whether a renewal made it. */
  readonly renewed: boolean;
  readonly peer: string;
  readonly revokedAt: Date | undefined;
  readonly revokedBy: string | undefined;
  readonly state: "valid" | "expired" | "revoked";
}

/** What a node gets. */
export interface IssuedNodeCertificate {
  readonly node: string;
  readonly labels: Labels;
  readonly serial: string;
  readonly certificatePem: string;
  readonly notAfter: Date;
}

export type JoinRefusalCode =
  /** No such token, or a wrong secret: which of both is not told. */
  | "unknown_token"
  | "expired"
  | "revoked"
  | "spent"
  /** The token is for another node id. */
  | "wrong_node"
  /** The token is for any id, and this one has a node already. */
  | "taken"
  | "invalid";

/** Why a node gets no certificate; `message` says what to do. */
export class JoinRefusal extends Error {
  override readonly name = "JoinRefusal";
  readonly code: JoinRefusalCode;

  constructor(code: JoinRefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
