import { createHash, type X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import {
  type CertificateValidationContext,
  CertificateValidationContext_TrustChainVerification as TrustChain,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { certificatesOfPem, type SubjectAltName, subjectAltNames } from "./certificate-names.ts";
import type { ProblemSink } from "./problem-sink.ts";
import {
  compileSubjectAltNameMatcher,
  dnsNameMatches,
  type SubjectAltNameTest,
} from "./subject-alt-name-matcher.ts";
import { systemRoots } from "./system-roots.ts";
import type { TlsStats } from "./tls-stats.ts";
import { chainTrustedButForTime } from "./untimed-chain.ts";
import { verificationErrorText } from "./verification-errors.ts";

/** What one connection adds to the configured checks of the peer's certificate. */
export interface ValidationRequest {
  /** A server judges a client: Envoy's then counts the trust anchor in `max_verify_depth` (0 is 1), and its clients do not. */
  readonly byServer?: boolean;
  readonly leaf: X509Certificate;
  /** Node's code for what OpenSSL found wrong with the chain; undefined: nothing. */
  readonly chainError: string | undefined;
  /** `auto_sni_san_validation`: replaces the configured names. */
  readonly exactDnsName?: string | undefined;
  /** `auto_san_validation` of the request's host: replaces the configured names. */
  readonly names?: readonly string[] | undefined;
}

export type ValidationOutcome =
  | { readonly ok: true; readonly validated: boolean }
  | { readonly ok: false; readonly detail: string };

/** How a server asks for the client's certificate. */
export type ClientCertificateMode = "none" | "request" | "require";

const SHA256_BYTES = 32;
/** Characters of a hash whose bytes stand apart. */
const HASH_WITH_COLONS = 95;

/** A `CertificateValidationContext` made ready. Immutable. */
export class PeerValidation {
  /** PEM; undefined: chains are not verified. */
  readonly trustedCa: string | undefined;
  /** PEM, one list each: node:tls reads the first one of a text alone. Those beside the trusted CAs count as well. */
  readonly revocationLists: readonly string[];
  readonly certificates: readonly X509Certificate[];
  private readonly acceptUntrusted: boolean;
  private readonly allowExpired: boolean;
  /** Undefined: OpenSSL's limit of 100. */
  private readonly maxDepth: number | undefined;
  private readonly nameTests: readonly SubjectAltNameTest[];
  private readonly hashes: ReadonlySet<string>;
  private readonly spkis: ReadonlySet<string>;

  /** `partial`: other parts are to be merged with it, so what it lacks is not missed. */
  constructor(
    config: CertificateValidationContext | undefined,
    sink: ProblemSink,
    completeness: "whole" | "partial" = "whole",
  ) {
    const caAt = sink.at("trusted_ca");
    const ca = caAt.read(config?.trustedCa);
    const trustsSystem = config?.trustedCa === undefined && config?.systemRootCerts !== undefined;
    const roots = trustsSystem ? systemRoots() : undefined;
    if (roots?.certificates.length === 0) sink.at("system_root_certs").add("the system has none");
    this.certificates = ca === undefined ? (roots?.certificates ?? []) : caCertificates(ca, caAt);
    this.trustedCa =
      ca === undefined ? roots?.pem : this.certificates.map((each) => each.toString()).join("");
    const crlAt = sink.at("crl");
    const crl = crlAt.read(config?.crl);
    this.revocationLists = [ca, crl].flatMap((pem) => revocationListsOf(pem));
    if (crl !== undefined && crl.length > 0 && revocationListsOf(crl).length === 0)
      crlAt.add("holds no certificate revocation list");
    this.acceptUntrusted = config?.trustChainVerification === TrustChain.ACCEPT_UNTRUSTED;
    this.allowExpired = config?.allowExpiredCertificate ?? false;
    this.maxDepth = config?.maxVerifyDepth;
    this.nameTests = (config?.matchTypedSubjectAltNames ?? []).flatMap((each, index) => {
      const compiled = compileSubjectAltNameMatcher(
        each,
        sink.at(`match_typed_subject_alt_names[${index}]`).path,
      );
      if (compiled.ok) return compiled.value;
      sink.problems.push(...compiled.problems);
      return [];
    });
    this.hashes = new Set(
      (config?.verifyCertificateHash ?? []).map((text, index) => {
        const hex = (text.length === HASH_WITH_COLONS ? text.replaceAll(":", "") : text).toLowerCase();
        if (!/^[0-9a-f]{64}$/.test(hex)) {
          sink.at(`verify_certificate_hash[${index}]`).add(`'${text}' is not a SHA-256 in hexadecimal`);
        }
        return hex;
      }),
    );
    this.spkis = new Set(
      (config?.verifyCertificateSpki ?? []).map((text, index) => {
        if (Buffer.from(text, "base64").length !== SHA256_BYTES) {
          sink.at(`verify_certificate_spki[${index}]`).add(`'${text}' is not a SHA-256 in base64`);
        }
        return text;
      }),
    );
    if (completeness === "partial") return;
    const trusts = trustsSystem || config?.trustedCa !== undefined;
    if (this.nameTests.length > 0 && !trusts)
      sink.add("names of a certificate are only worth checking with trusted_ca: it must be set");
    if (config?.crl !== undefined && !trusts) crlAt.add("needs trusted_ca");
    if (this.allowExpired && !trusts)
      sink.at("allow_expired_certificate").add("needs trusted_ca: without it time is not looked at");
    if (this.allowExpired && this.revocationLists.length > 0)
      sink.at("allow_expired_certificate").add("is not implemented together with crl");
  }

  /** What of it is node:tls's to check. */
  get revocation(): Pick<SecureContextOptions, "crl"> {
    return this.revocationLists.length === 0 ? {} : { crl: [...this.revocationLists] };
  }

  clientCertificateMode(required: boolean): ClientCertificateMode {
    if (this.trustedCa !== undefined && required) return "require";
    const pinned = this.nameTests.length + this.hashes.size + this.spkis.size > 0;
    if (pinned && !this.acceptUntrusted) return "require";
    return pinned || this.acceptUntrusted || this.trustedCa !== undefined ? "request" : "none";
  }

  /** Nothing at all is asked of the peer. */
  get isEmpty(): boolean {
    return this.clientCertificateMode(false) === "none";
  }

  verify(request: ValidationRequest, stats: TlsStats): ValidationOutcome {
    const chainDetail = this.trustedCa === undefined ? undefined : this.chainDetail(request);
    if (chainDetail !== undefined) {
      stats.failVerifyError.inc();
      if (this.acceptUntrusted) return { ok: true, validated: false };
      return { ok: false, detail: `verify cert failed: X509_verify_cert: ${chainDetail}` };
    }
    const detail = this.leafDetail(request, stats);
    if (detail !== undefined && detail !== "") {
      return this.acceptUntrusted ? { ok: true, validated: false } : { ok: false, detail };
    }
    const validated = this.trustedCa !== undefined || detail === undefined;
    return validated || this.acceptUntrusted || this.isEmpty
      ? { ok: true, validated }
      : { ok: false, detail: "" };
  }

  private chainDetail({ leaf, chainError, byServer }: ValidationRequest): string | undefined {
    const chain = issuers(leaf);
    const timed = chainError === "CERT_HAS_EXPIRED" || chainError === "CERT_NOT_YET_VALID";
    const forgiven = this.allowExpired && timed && chainTrustedButForTime(chain, this.certificates);
    if (chainError !== undefined && !forgiven) {
      return `certificate verification error at depth ${depthOf(chainError, chain)}: ${verificationErrorText(chainError)}`;
    }
    return this.maxDepth === undefined ? undefined : this.depthDetail(chain, this.maxDepth, byServer);
  }

  private depthDetail(
    chain: readonly X509Certificate[],
    most: number,
    byServer: boolean | undefined,
  ): string | undefined {
    if (byServer !== true) {
      if (chain.length - 2 <= most) return undefined;
      return `certificate verification error at depth ${most + 1}: ${verificationErrorText("CERT_CHAIN_TOO_LONG")}`;
    }
    const depth = Math.max(1, most);
    if (anchorDepth(chain, this.certificates) <= depth) return undefined;
    return `certificate verification error at depth ${depth}: ${verificationErrorText("UNABLE_TO_GET_ISSUER_CERT_LOCALLY")}`;
  }

  /** Undefined: a check passed and none failed; "": there was none. */
  private leafDetail(request: ValidationRequest, stats: TlsStats): string | undefined {
    const { leaf } = request;
    let checked = false;
    const names = subjectAltNames(leaf) ?? [];
    if (request.names !== undefined && request.names.length > 0) {
      checked = true;
      if (!names.some((name) => request.names?.some((wanted) => sameName(wanted, name)))) {
        stats.failVerifySan.inc();
        return `verify cert failed: verify SAN list, expected SANs: [${request.names.join(", ")}], certificate SANs: [${printNames(names)}]`;
      }
    }
    const { exactDnsName } = request;
    const tests: readonly SubjectAltNameTest[] =
      checked || exactDnsName === undefined
        ? this.nameTests
        : [({ kind, value }) => kind === "dns" && dnsNameMatches(exactDnsName, value)];
    if (tests.length > 0) {
      checked = true;
      if (!names.some((name) => tests.some((test) => test(name)))) {
        stats.failVerifySan.inc();
        return `verify cert failed: SAN matcher, certificate SANs are [${printNames(names)}]`;
      }
    }
    if (this.hashes.size + this.spkis.size > 0) {
      checked = true;
      const spki = leaf.publicKey.export({ type: "spki", format: "der" });
      const known =
        this.hashes.has(createHash("sha256").update(leaf.raw).digest("hex")) ||
        this.spkis.has(createHash("sha256").update(spki).digest("base64"));
      if (!known) {
        stats.failVerifyCertHash.inc();
        return "verify cert failed: cert hash and spki";
      }
    }
    return checked ? undefined : "";
  }
}

function sameName(wanted: string, { kind, value }: SubjectAltName): boolean {
  return kind === "dns" ? dnsNameMatches(wanted, value) : wanted === value;
}

function printNames(names: readonly SubjectAltName[]): string {
  return names.map(({ value }) => value).join(", ");
}

/** The leaf and what issued it, as far as the peer or the trust store had it; bounded against cycles. */
function issuers(leaf: X509Certificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let at: X509Certificate | undefined = leaf; at !== undefined && chain.length < 100; ) {
    if (chain.some((each) => each.fingerprint256 === at?.fingerprint256)) break;
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}

/** How many certificates stand before the one that is trusted. */
function anchorDepth(chain: readonly X509Certificate[], trusted: readonly X509Certificate[]): number {
  const fingerprints = new Set(trusted.map((each) => each.fingerprint256));
  const found = chain.findIndex((each) => fingerprints.has(each.fingerprint256));
  return found === -1 ? chain.length : found;
}

/** Node does not say which certificate OpenSSL meant. */
function depthOf(code: string, chain: readonly X509Certificate[]): number {
  const now = Date.now();
  const found =
    code === "CERT_HAS_EXPIRED"
      ? chain.findIndex((each) => each.validToDate.getTime() < now)
      : code === "CERT_NOT_YET_VALID"
        ? chain.findIndex((each) => each.validFromDate.getTime() > now)
        : code === "SELF_SIGNED_CERT_IN_CHAIN" || code === "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
          ? chain.length - 1
          : 0;
  return Math.max(0, found);
}

const REVOCATION_LIST = /-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g;

function revocationListsOf(pem: Buffer | undefined): readonly string[] {
  return pem?.toString("latin1").match(REVOCATION_LIST) ?? [];
}

function caCertificates(pem: Buffer, sink: ProblemSink): readonly X509Certificate[] {
  try {
    const certificates = certificatesOfPem(pem);
    if (certificates.length === 0) sink.add("holds no certificate");
    return certificates;
  } catch (error) {
    sink.add(`cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
