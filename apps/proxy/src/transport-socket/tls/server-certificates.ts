import type { ClientHello } from "./client-hello.ts";
import type { CertificateAndKey } from "./tls-certificate.ts";

export type Allowed = (certificate: CertificateAndKey, hello: ClientHello | undefined) => boolean;

/**
 * Which certificate a client gets, by Envoy's rules: the exact server name, then a wildcard one label up, ECDSA before RSA where the
 * client can verify it; else the first certificate, or the first fitting one (`full_scan_certs_on_sni_mismatch`, or no SNI).
 */
export class ServerCertificates {
  readonly all: readonly CertificateAndKey[];
  private readonly fullScan: boolean;
  /** Whether the staple policy lets a client have a certificate. */
  private readonly allowed: Allowed;
  /** `www.example.com`, or `.example.com` for `*.example.com`; the first of each key type. */
  private readonly byName = new Map<string, CertificateAndKey[]>();

  constructor(all: readonly CertificateAndKey[], fullScanOnSniMismatch: boolean, allowed: Allowed) {
    this.all = all;
    this.allowed = allowed;
    this.fullScan = fullScanOnSniMismatch;
    for (const certificate of all) {
      for (const name of certificate.serverNames) {
        const key = name.startsWith("*.") ? name.slice(1) : name;
        const known = this.byName.get(key);
        if (known === undefined) this.byName.set(key, [certificate]);
        else if (!known.some(({ keyType }) => keyType === certificate.keyType)) known.push(certificate);
      }
    }
  }

  /** Index into `all`; -1 when there is none at all. */
  choose(hello: ClientHello | undefined): number {
    const sni = hello?.serverName ?? "";
    if (sni !== "") {
      const dot = sni.indexOf(".", 1);
      const wildcard = dot > 0 && dot < sni.length - 1 ? sni.slice(dot) : "";
      const named =
        this.fitting(this.byName.get(sni), hello) ??
        (wildcard === "" ? undefined : this.fitting(this.byName.get(wildcard), hello));
      if (named !== undefined) return this.all.indexOf(named);
      if (!this.fullScan) return this.all.length - 1 < 0 ? -1 : 0;
    }
    const scanned = this.fitting(this.all, hello) ?? this.all[0];
    return scanned === undefined ? -1 : this.all.indexOf(scanned);
  }

  private fitting(
    named: readonly CertificateAndKey[] | undefined,
    hello: ClientHello | undefined,
  ): CertificateAndKey | undefined {
    if (named === undefined) return undefined;
    const candidates = named.filter((each) => this.allowed(each, hello));
    const curves = hello?.ecdsaCurves ?? [];
    return (
      candidates.find(({ keyType, curve }) => keyType === "ecdsa" && curves.includes(curve)) ??
      candidates.find(({ keyType }) => keyType !== "ecdsa")
    );
  }
}
