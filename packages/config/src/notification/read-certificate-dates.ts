import { X509Certificate } from "node:crypto";

/** From when until when a certificate in PEM is good. Throws when it is none. */
export function readCertificateDates(pem: string): { readonly notBefore: Date; readonly notAfter: Date } {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { notBefore: validFromDate, notAfter: validToDate };
}
