import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { CLOCK_SKEW_MS } from "./clock-skew.ts";
import { CONTROL_URI, type Labels, labelsUri, nodeUri } from "./node-names.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  generateKeys,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  keyFromPem,
  keyToPem,
  SIGNING_ALGORITHM,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

type GeneralName = JsonGeneralNames[number];

const ROOT_LIFETIME_MS = 10 * 365 * 86_400_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

export interface AuthorityPem {
  readonly certificatePem: string;
  /** PKCS #8, in the clear: seal it before it is stored. */
  readonly keyPem: string;
}

export interface IssuedCertificate {
  readonly certificatePem: string;
  /** Hex, lower case. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A self-signed root for ten years that may sign nothing but leaf certificates. */
export async function createAuthority(name: string, now: Date): Promise<AuthorityPem> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ O: ["Sluice"] }, { CN: [name] }],
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + ROOT_LIFETIME_MS),
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: await keyToPem(keys.privateKey) };
}

/** Signs certificates with a root; holds its key in memory. */
export class Authority {
  /** PEM; what peers trust. */
  readonly certificatePem: string;
  readonly #certificate: X509Certificate;
  readonly #key: CryptoKey;

  private constructor(certificatePem: string, certificate: X509Certificate, key: CryptoKey) {
    this.certificatePem = certificatePem;
    this.#certificate = certificate;
    this.#key = key;
  }

  /** @throws when either is damaged */
  static async open({ certificatePem, keyPem }: AuthorityPem): Promise<Authority> {
    return new Authority(certificatePem, new X509Certificate(certificatePem), await keyFromPem(keyPem));
  }

  /**
   * A client certificate for a node: common name and `spiffe://sluice/node/<id>`, with the labels that it was let in with.
   *
   * @param options.publicKey of a verified signing request; id and labels are checked by the caller
   */
  async issueForNode(options: {
    readonly publicKey: ArrayBuffer;
    readonly nodeId: string;
    readonly labels: Labels;
    readonly now: Date;
    readonly lifetimeMs: number;
  }): Promise<IssuedCertificate> {
    const { nodeId, labels } = options;
    const uris = [nodeUri(nodeId), ...(Object.keys(labels).length === 0 ? [] : [labelsUri(labels)])];
    return await this.#issue(options, nodeId, options.publicKey, [
      new ExtendedKeyUsageExtension([CLIENT_AUTH]),
      new SubjectAlternativeNameExtension(uris.map((value): GeneralName => ({ type: "url", value }))),
    ]);
  }

  /** A key and a server certificate for the xDS port: `spiffe://sluice/control` and the names and addresses given. */
  async issueForServer(options: {
    readonly hosts: readonly string[];
    readonly now: Date;
    readonly lifetimeMs: number;
  }): Promise<IssuedCertificate & { readonly keyPem: string }> {
    const keys = await generateKeys();
    const issued = await this.#issue(options, "sluice-control", keys.publicKey, [
      new ExtendedKeyUsageExtension([SERVER_AUTH]),
      new SubjectAlternativeNameExtension([
        { type: "url", value: CONTROL_URI },
        ...options.hosts.map((value): GeneralName => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ]),
    ]);
    return { ...issued, keyPem: await keyToPem(keys.privateKey) };
  }

  async #issue(
    { now, lifetimeMs }: { readonly now: Date; readonly lifetimeMs: number },
    commonName: string,
    publicKey: CryptoKey | ArrayBuffer,
    extensions: readonly Extension[],
  ): Promise<IssuedCertificate> {
    const serial = newSerial();
    // Certificates hold whole seconds, and never outlive what signed them.
    const endMs = Math.min(now.getTime() + lifetimeMs, this.#certificate.notAfter.getTime());
    const notBefore = new Date(Math.floor((now.getTime() - CLOCK_SKEW_MS) / 1000) * 1000);
    const notAfter = new Date(Math.floor(endMs / 1000) * 1000);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ O: ["Sluice"] }, { CN: [commonName] }],
      issuer: this.#certificate.subjectName,
      notBefore,
      notAfter,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        ...extensions,
      ],
    });
    return { certificatePem: `${certificate.toString("pem")}\n`, serial, notBefore, notAfter };
  }
}

/** 127 random bits; the first byte keeps it positive and of one length (RFC 5280, 4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex");
}
