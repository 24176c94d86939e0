/** How it is proven that a name is ours (RFC 8555, RFC 8737). */
export const ACME_CHALLENGE_TYPES = ["http-01", "tls-alpn-01", "dns-01"] as const;
export type AcmeChallengeType = (typeof ACME_CHALLENGE_TYPES)[number];

/** The keys that certificates may have. */
export const CERTIFICATE_KEY_TYPES = ["ec-p256", "ec-p384", "rsa-2048", "rsa-4096"] as const;
export type CertificateKeyType = (typeof CERTIFICATE_KEY_TYPES)[number];

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
  /** It is got whether or not a version refers to it. */
  readonly requested: boolean;
  /** What was chosen of it; what is undefined is decided when it is ordered. */
  readonly choice: CertificateChoice;
  /** How it is proven: what was chosen, else DNS-01 for wildcards and HTTP-01 for all else. */
  readonly challenge: AcmeChallengeType;
}

/** How an automatic certificate shall be got. */
export interface CertificateChoice {
  /** Default: the authority that was put last. */
  readonly authority: string | undefined;
  /** Default: `dns-01` where a name is a wildcard, else `http-01`. */
  readonly challenge: AcmeChallengeType | undefined;
  /** Of `dns-01`. Default: the provider that was put last. */
  readonly dnsProvider: string | undefined;
  /** Of `tls-alpn-01`. Default: the listeners that use the certificate, and those with TLS on port 443. */
  readonly listener: string | undefined;
  readonly keyType: CertificateKeyType;
}

/** With what dynamic updates may be signed (RFC 8945). */
export const TSIG_ALGORITHMS = ["hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;
export type TsigAlgorithm = (typeof TSIG_ALGORITHMS)[number];

interface SpreadSettings {
  /** Asked whether they have the record, `host` or `host:port`, in place of the zone's own name servers; empty: those. */
  readonly nameServers: readonly string[];
}

/** A signed POST to `url` for each record that shall be there or go. */
export interface DnsWebhookSettings extends SpreadSettings {
  readonly kind: "webhook";
  /** `https:` or `http:`. */
  readonly url: string;
}

/** A dynamic update (RFC 2136), signed with a key that the name server knows (RFC 8945). The secret is the key's, in base64. */
export interface DynamicUpdateSettings extends SpreadSettings {
  readonly kind: "rfc2136";
  /** The zone's primary name server, `host` or `host:port`; over TCP. */
  readonly server: string;
  /** Undefined: the server is asked in which zone a name is. */
  readonly zone?: string | undefined;
  /** As the server calls the key. */
  readonly keyName: string;
  readonly algorithm: TsigAlgorithm;
}

export type DnsProviderSettings = DnsWebhookSettings | DynamicUpdateSettings;

/** Who publishes records for DNS-01, without the secret. */
export interface DnsProvider {
  readonly name: string;
  readonly settings: DnsProviderSettings;
  /** The one that is asked where a certificate names none. */
  readonly isDefault: boolean;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}
