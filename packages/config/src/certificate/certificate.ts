import type { ResourceRef } from "../contract.ts";

/** One certificate of a chain, as it says of itself. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: Date;
}

/** What a certificate's text says, the first of its chain being the one that is served. */
export interface CertificateFacts {
  /** One line: `CN=example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Subject alternative names, without their types. */
  readonly names: readonly string[];
  /** Hex. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `RSA 2048`, `EC prime256v1`. */
  readonly keyType: string;
  /** SHA-256 of the certificate, hex in lower case. */
  readonly fingerprint: string;
  readonly selfSigned: boolean;
  /** All of the chain, the served one first. */
  readonly chain: readonly ChainLink[];
}

export interface CertificateProblem {
  readonly code:
    | "expired"
    | "not_yet_valid"
    | "chain_expired"
    | "chain_order"
    | "chain_incomplete"
    | "weak_key"
    | "weak_signature"
    | "no_names"
    | "authority"
    | "key_mismatch"
    | "key_unreadable"
    | "unreadable";
  /** What is wrong and what to do. */
  readonly message: string;
  readonly severity: "error" | "warning";
}

/** Where a certificate is served, or presented to an upstream. */
export interface CertificateUse {
  readonly resource: ResourceRef;
  /** Of listeners: the filter chain's name, or its position (`filter_chains[0]`). */
  readonly filterChain: string | undefined;
  /** Server names that the filter chain is for; empty: any. */
  readonly serverNames: readonly string[];
}

export interface CertificateNode {
  readonly id: string;
  /** The node's own stats show this certificate working; another one; or the node has none of that name. */
  readonly state: "effective" | "other" | "none";
}

export interface Certificate {
  readonly resource: ResourceRef;
  /** The field that holds it. */
  readonly path: string;
  /** `live`: in what nodes are told to run; `draft`: only in the draft, or otherwise there. */
  readonly stage: "live" | "draft";
  /** Undefined when the text holds none that could be read, or only the name of a file on the nodes. */
  readonly facts: CertificateFacts | undefined;
  /** Whole days until it expires, rounded down; negative once it has. */
  readonly daysLeft: number | undefined;
  readonly problems: readonly CertificateProblem[];
  readonly uses: readonly CertificateUse[];
  /** Of live ones; disconnected nodes are not counted. */
  readonly nodes: readonly CertificateNode[];
  /** Of those that renew themselves; `wanted`: something uses it, or somebody asked for it, so that it is renewed. */
  readonly automatic?: { readonly wanted: boolean } | undefined;
}
