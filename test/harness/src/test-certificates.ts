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
  /** From now on; negative: it has expired. Default 10. */
  readonly days?: number;
}

/** Certificates made by the openssl command in a directory that `remove` takes away. */
export class TestCertificates {
  readonly directory = mkdtempSync(join(tmpdir(), "sluice-certificates-"));

  create(name: string, wish: CertificateWish = {}): TestCertificate {
    const at = (extension: string): string => join(this.directory, `${name}.${extension}`);
    const run = (...args: string[]): void => {
      execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
    };
    const subject = wish.subject ?? `/CN=${name}`;
    const algorithm = wish.rsa === true ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
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

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
