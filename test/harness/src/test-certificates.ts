import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

export interface CertificateWish {
  /** Default: `/CN=<name>`. */
  readonly subject?: string;
  /** `DNS:a.test,URI:spiffe://x`. */
  readonly names?: string;
  readonly issuer?: TestCertificate;
  readonly ca?: boolean;
  /** Default ECDSA P-256. */
  readonly rsa?: boolean;
  /** Of an ECDSA key. */
  readonly curve?: "P-224" | "P-384";
  /** From now on; negative: it has expired. Default 10. */
  readonly days?: number;
  /** Asks clients to insist on an OCSP response (RFC 7633). */
  readonly mustStaple?: boolean;
}

const ofProcess: TestCertificates[] = [];

/** Certificates made by the openssl command in a directory that `remove` takes away. */
export class TestCertificates {
  readonly directory = mkdtempSync(join(tmpdir(), "sluice-certificates-"));

  /** Certificates that stay until the process ends. */
  static ofProcess(): TestCertificates {
    if (ofProcess.length === 0) {
      process.on("exit", () => {
        for (const certificates of ofProcess) certificates.remove();
      });
    }
    const certificates = new TestCertificates();
    ofProcess.push(certificates);
    return certificates;
  }

  create(name: string, wish: CertificateWish = {}): TestCertificate {
    const at = (extension: string): string => join(this.directory, `${name}.${extension}`);
    const run = (...args: string[]): void => {
      execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
    };
    const subject = wish.subject ?? `/CN=${name}`;
    const algorithm =
      wish.rsa === true ? ["rsa:2048"] : ["ec", "-pkeyopt", `ec_paramgen_curve:${wish.curve ?? "P-256"}`];
    run(
      "req",
      "-new",
      "-newkey",
      ...algorithm,
      "-nodes",
      "-keyout",
      at("key"),
      "-out",
      at("csr"),
      "-subj",
      subject,
    );
    const extensions = [
      `basicConstraints=critical,CA:${wish.ca === true ? "TRUE" : "FALSE"}`,
      ...(wish.ca === true ? ["keyUsage=critical,keyCertSign,cRLSign"] : []),
      ...(wish.mustStaple === true ? ["tlsfeature=status_request"] : []),
      ...(wish.names === undefined ? [] : [`subjectAltName=${wish.names}`]),
    ];
    writeFileSync(at("ext"), extensions.join("\n"));
    const { issuer } = wish;
    const signer =
      issuer === undefined
        ? ["-signkey", at("key")]
        : ["-CA", issuer.certificatePath, "-CAkey", issuer.keyPath, "-CAcreateserial"];
    const sign = ["x509", "-req", "-in", at("csr"), ...signer, "-extfile", at("ext"), "-out", at("crt")];
    run(...sign, "-days", String(wish.days ?? 10));
    return {
      certificate: readFileSync(at("crt"), "utf8"),
      key: readFileSync(at("key"), "utf8"),
      certificatePath: at("crt"),
      keyPath: at("key"),
    };
  }

  /** What `issuer` says of a certificate of its: an OCSP response in DER, valid for `days`; without: it does not say how long. */
  ocspResponse(of: TestCertificate, issuer: TestCertificate, days?: number): Buffer {
    const at = (extension: string): string => `${of.certificatePath}.${extension}`;
    const run = (...args: string[]): string =>
      execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const serial = run("x509", "-in", of.certificatePath, "-noout", "-serial").trim().split("=")[1];
    writeFileSync(at("index"), `V\t491231235959Z\t\t${serial}\tunknown\t/CN=any\n`);
    const ca = issuer.certificatePath;
    run("ocsp", "-issuer", ca, "-cert", of.certificatePath, "-reqout", at("ocsp-request"));
    const signed = ["-index", at("index"), "-CA", ca, "-rsigner", ca, "-rkey", issuer.keyPath];
    const validity = days === undefined ? [] : ["-ndays", String(days)];
    run("ocsp", ...signed, "-reqin", at("ocsp-request"), "-respout", at("ocsp"), ...validity);
    return readFileSync(at("ocsp"));
  }

  /** What `issuer` has revoked, in PEM; valid for 10 days. */
  revocationList(name: string, issuer: TestCertificate, revoked: readonly TestCertificate[]): string {
    const at = (extension: string): string => join(this.directory, `${name}.${extension}`);
    const run = (...args: string[]): string =>
      execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const lines = revoked.map(({ certificatePath }) => {
      const serial = run("x509", "-in", certificatePath, "-noout", "-serial").trim().split("=")[1];
      return `R\t491231235959Z\t200101000000Z\t${serial}\tunknown\t/CN=any\n`;
    });
    writeFileSync(at("revoked"), lines.join(""));
    writeFileSync(
      at("cnf"),
      `[ca]\ndefault_ca = one\n[one]\ndatabase = ${at("revoked")}\ndefault_md = sha256\ndefault_crl_days = 10\n`,
    );
    const signer = ["-keyfile", issuer.keyPath, "-cert", issuer.certificatePath];
    run("ca", "-gencrl", "-config", at("cnf"), ...signer, "-out", at("crl"));
    return readFileSync(at("crl"), "utf8");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
