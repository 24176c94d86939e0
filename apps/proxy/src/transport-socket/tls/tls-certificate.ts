import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import type { TlsCertificate } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { certificatesOfPem, commonName, mustStaple, subjectAltNames } from "./certificate-names.ts";
import type { ProblemSink } from "./problem-sink.ts";

export type KeyType = "rsa" | "ecdsa" | "other";

/** A certificate chain with its key, checked to belong together. Plain data but for `leaf`. */
export interface CertificateAndKey {
  /** PEM: the leaf first. */
  readonly chain: string;
  /** PEM, decrypted. */
  readonly key: string;
  readonly leaf: X509Certificate;
  readonly keyType: KeyType;
  /** NIST name of an ECDSA key's curve (`P-256`); "" for others. */
  readonly curve: string;
  /** What SNI is compared with: DNS names, or the common name where there is no subject alternative name at all. */
  readonly serverNames: readonly string[];
  readonly mustStaple: boolean;
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
  const found = readPem(config, password, sink);
  if (found === undefined) return undefined;
  const { chain, key } = found;
  const [leaf] = chain;
  if (leaf === undefined) {
    sink.at("certificate_chain").add("holds no certificate");
    return undefined;
  }
  if (!leaf.checkPrivateKey(key)) {
    sink.at("private_key").add("does not belong to the certificate");
    return undefined;
  }
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
    chain: chain.map((each) => each.toString()).join(""),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    leaf,
    keyType,
    curve,
    serverNames:
      names === undefined
        ? [subjectName].filter((name) => name !== "")
        : names.filter(({ kind }) => kind === "dns").map(({ value }) => value),
    mustStaple: mustStaple(leaf),
  };
}

interface ChainAndKey {
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
}

function readPem(
  config: TlsCertificate,
  password: string | undefined,
  sink: ProblemSink,
): ChainAndKey | undefined {
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
  return certificates === undefined || keyObject === undefined
    ? undefined
    : { chain: certificates, key: keyObject };
}

function attempt<T>(sink: ProblemSink, what: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    sink.add(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
