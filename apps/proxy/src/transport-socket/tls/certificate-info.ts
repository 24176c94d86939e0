import type { X509Certificate } from "node:crypto";
import type { CertificateInfo } from "@sluice/extension-api";
import {
  distinguishedName,
  type SubjectAltName,
  type SubjectAltNameKind,
  subjectAltNames,
} from "./certificate-names.ts";

/** A certificate as access logs and headers ask for it; each part is worked out when it is asked for. */
export class LazyCertificateInfo implements CertificateInfo {
  private readonly certificate: X509Certificate;
  private names: readonly SubjectAltName[] | undefined = undefined;

  constructor(certificate: X509Certificate) {
    this.certificate = certificate;
  }

  get subject(): string {
    return distinguishedName(this.certificate.subject);
  }
  get issuer(): string {
    return distinguishedName(this.certificate.issuer);
  }
  get serial(): string {
    return this.certificate.serialNumber.toLowerCase();
  }
  get sha1(): string {
    return plainHex(this.certificate.fingerprint);
  }
  get sha256(): string {
    return plainHex(this.certificate.fingerprint256);
  }
  get uriSans(): readonly string[] {
    return this.ofKind("uri");
  }
  get dnsSans(): readonly string[] {
    return this.ofKind("dns");
  }
  get emailSans(): readonly string[] {
    return this.ofKind("email");
  }
  get ipSans(): readonly string[] {
    return this.ofKind("ip");
  }
  get otherNameSans(): readonly string[] {
    return this.ofKind("otherName");
  }
  get validFromMs(): number {
    return this.certificate.validFromDate.getTime();
  }
  get validUntilMs(): number {
    return this.certificate.validToDate.getTime();
  }
  get pem(): string {
    return this.certificate.toString();
  }

  private ofKind(wanted: SubjectAltNameKind): readonly string[] {
    this.names ??= subjectAltNames(this.certificate) ?? [];
    return this.names.filter(({ kind }) => kind === wanted).map(({ value }) => value);
  }
}

const plainHex = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();
