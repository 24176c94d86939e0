import type { ConfigProblem } from "@sluice/xds";
import type { ResourceKind } from "../contract.ts";

/** Goes up whenever `analyzeText` may judge the same text otherwise than before; stored results of others are made anew. */
export const RULES_REVISION = 2;

/** What a resource's text alone says; all that the checks across resources need to know of it. Stored beside the text. */
export interface Analysis {
  /** Of the text and its message: not of other resources. */
  readonly problems: readonly ConfigProblem[];
  readonly references: readonly FoundReference[];
  /** Extension types in it, each once. */
  readonly extensions: readonly FoundExtension[];
  /** Addresses that a listener binds. */
  readonly addresses: readonly FoundAddress[];
  /** TLS certificates in it, each with what tells whether its key belongs to it. */
  readonly certificates: readonly AnalyzedCertificate[];
}

type Position = NonNullable<ConfigProblem["position"]>;

export interface FoundReference {
  readonly path: string;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly position?: Position;
}

export interface FoundExtension {
  readonly path: string;
  /** Full message name. */
  readonly type: string;
  readonly position?: Position;
}

export interface AnalyzedCertificate {
  readonly path: string;
  /** SHA-256 of the certificate's public key, hex; null: it cannot be read; undefined: it is in a file of the nodes. */
  readonly publicKey?: string | null;
  /** The token of the private key, or the hash of its public key when it is in the text itself. */
  readonly key?: { readonly token: string } | { readonly publicKey: string };
  readonly position?: Position;
}

export interface FoundAddress {
  readonly path: string;
  /** `tcp 0.0.0.0:80`, `udp [::]:443`, `pipe /run/x` */
  readonly key: string;
  readonly position?: Position;
}
