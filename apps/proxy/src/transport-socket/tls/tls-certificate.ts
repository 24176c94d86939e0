import { createPrivateKey, type X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";
import type { TlsCertificate } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { certificatesOfPem, commonName, mustStaple, subjectAltNames } from "./certificate-names.ts";
import { type OcspResponse, readOcspStaple } from "./ocsp-response.ts";
import type { ProblemSink } from "./problem-sink.ts";

export type KeyType = "rsa" | "ecdsa" | "other";

/** A certificate chain with its key, checked to belong together. */
export interface CertificateAndKey {
  /** Chain and key for node:tls. */
  readonly options: Pick<SecureContextOptions, "cert" | "key" | "pfx" | "passphrase">;
  readonly leaf: X509Certificate;
  readonly keyType: KeyType;
  /** NIST name of an ECDSA key's curve (`P-256`); "" for others. */
  readonly curve: string;
  /** What SNI is compared with: DNS names, or the common name where there is no subject alternative name at all. */
  readonly serverNames: readonly string[];
  readonly mustStaple: boolean;
  readonly ocsp: OcspResponse | undefined;
}

const RSA_BITS_MIN = 2048;
const CURVE_NAMES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

/** Reads and checks one `TlsCertificate`; files are read now. */
export function compileTlsCertificate(
  config: TlsCertificate,
  sink: ProblemSink,
): CertificateAndKey | undefined {
  const password = sink
    .at("password")
    .read(config.password)
    ?.toString("utf8")
    .replace(/\r?\n$/, "");
  const found =
    config.pkcs12 === undefined
      ? readPem(config, password, sink)
      : readPkcs12(config, password ?? "", sink.at("pkcs12"));
  if (found === undefined) return undefined;
  const { leaf, options } = found;
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  const curve = CURVE_NAMES[asymmetricKeyDetails?.namedCurve ?? ""] ?? "";
  const keyType = asymmetricKeyType === "rsa" ? "rsa" : asymmetricKeyType === "ec" ? "ecdsa" : "other";
  if (keyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN)
    sink.at("certificate_chain").add("only RSA certificates with 2048-bit or larger keys are supported");
  if (keyType === "ecdsa" && curve === "")
    sink.at("certificate_chain").add("only P-256, P-384 and P-521 ECDSA certificates are supported");
  const names = subjectAltNames(leaf);
  const subjectName = commonName(leaf);
  return {
    options,
    leaf,
    keyType,
    curve,
    serverNames:
      names === undefined
        ? [subjectName].filter((name) => name !== "")
        : names.filter(({ kind }) => kind === "dns").map(({ value }) => value),
    mustStaple: mustStaple(leaf),
    ocsp: readOcspStaple(config.ocspStaple, leaf, sink.at("ocsp_staple")),
  };
}

type Found = Pick<CertificateAndKey, "leaf" | "options">;

function readPem(config: TlsCertificate, password: string | undefined, sink: ProblemSink): Found | undefined {
  const chainAt = sink.at("certificate_chain");
  const keyAt = sink.at("private_key");
  const chain = chainAt.read(config.certificateChain);
  const key = keyAt.read(config.privateKey);
  if (config.certificateChain === undefined) chainAt.add("is needed");
  if (config.privateKey === undefined) keyAt.add("is needed");
  if (chain === undefined || key === undefined) return undefined;
  const certificates = attempt(chainAt, "cannot be loaded", () => certificatesOfPem(chain));
  const keyObject = attempt(keyAt, "cannot be loaded", () =>
    createPrivateKey(password === undefined ? key : { key, passphrase: password }),
  );
  if (certificates === undefined || keyObject === undefined) return undefined;
  const [leaf] = certificates;
  if (leaf === undefined) {
    chainAt.add("holds no certificate");
    return undefined;
  }
  if (!leaf.checkPrivateKey(keyObject)) {
    keyAt.add("does not belong to the certificate");
    return undefined;
  }
  const options = {
    cert: certificates.map((each) => each.toString()).join(""),
    key: keyObject.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  return { leaf, options };
}

/** OpenSSL opens the archive and checks it; node:tls shows the certificate in it on a socket only. */
function readPkcs12(config: TlsCertificate, passphrase: string, sink: ProblemSink): Found | undefined {
  const pfx = sink.read(config.pkcs12);
  if (config.certificateChain !== undefined || config.privateKey !== undefined)
    sink.add("stands in place of certificate_chain and private_key, not beside them");
  if (pfx === undefined) return undefined;
  const options = { pfx, passphrase };
  const leaf = attempt(sink, "cannot be loaded", () => {
    const unconnected = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const socket = new TLSSocket(unconnected, {
      isServer: true,
      secureContext: createSecureContext(options),
    });
    const certificate = socket.getX509Certificate();
    socket.destroy();
    return certificate;
  });
  if (leaf !== undefined) return { leaf, options };
  if (sink.problems.length === 0) sink.add("holds no certificate with its key");
  return undefined;
}

function attempt<T>(sink: ProblemSink, what: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    sink.add(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
