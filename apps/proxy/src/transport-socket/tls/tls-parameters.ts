import type { SecureVersion } from "node:tls";
import {
  TlsParameters_CompliancePolicy as CompliancePolicy,
  TlsParameters_TlsProtocol as Protocol,
  type TlsParameters,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { ProblemSink } from "./problem-sink.ts";

/** `TlsParameters` as node:tls takes them; plain data. */
export interface TlsParameterOptions {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  readonly ciphers: string;
  /** Suites of the versions before 1.3 by preference; of those in one group the client's order decides. */
  readonly cipherGroups: readonly (readonly string[])[];
  readonly ecdhCurve: string;
  readonly sigalgs?: string;
}

const VERSIONS: Readonly<Record<number, SecureVersion>> = {
  [Protocol.TLSv1_0]: "TLSv1",
  [Protocol.TLSv1_1]: "TLSv1.1",
  [Protocol.TLSv1_2]: "TLSv1.2",
  [Protocol.TLSv1_3]: "TLSv1.3",
};
const ORDER: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Not configurable, as in BoringSSL. */
const TLS13_CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
const DEFAULT_CIPHERS = [
  ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["ECDHE-ECDSA-AES256-GCM-SHA384"],
  ["ECDHE-RSA-AES256-GCM-SHA384"],
];
/** Their numbers, for what a client may like better. */
const SUITE_NUMBERS: Readonly<Record<string, number>> = {
  "ECDHE-ECDSA-AES128-GCM-SHA256": 0xc02b,
  "ECDHE-ECDSA-AES256-GCM-SHA384": 0xc02c,
  "ECDHE-ECDSA-CHACHA20-POLY1305": 0xcca9,
  "ECDHE-ECDSA-AES128-SHA": 0xc009,
  "ECDHE-ECDSA-AES256-SHA": 0xc00a,
  "ECDHE-RSA-AES128-GCM-SHA256": 0xc02f,
  "ECDHE-RSA-AES256-GCM-SHA384": 0xc030,
  "ECDHE-RSA-CHACHA20-POLY1305": 0xcca8,
  "ECDHE-RSA-AES128-SHA": 0xc013,
  "ECDHE-RSA-AES128-SHA256": 0xc027,
  "ECDHE-RSA-AES256-SHA": 0xc014,
  "AES128-GCM-SHA256": 0x009c,
  "AES256-GCM-SHA384": 0x009d,
  "AES128-SHA": 0x002f,
  "AES256-SHA": 0x0035,
};
/** By OpenSSL's name; the value is the IANA name, which BoringSSL takes as well. */
const TLS12_CIPHERS: Readonly<Record<string, string>> = {
  "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-SHA": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "ECDHE-ECDSA-AES256-SHA": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "ECDHE-RSA-CHACHA20-POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "ECDHE-RSA-AES128-SHA": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "ECDHE-RSA-AES128-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "ECDHE-RSA-AES256-SHA": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "AES128-GCM-SHA256": "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "AES256-GCM-SHA384": "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "AES128-SHA": "TLS_RSA_WITH_AES_128_CBC_SHA",
  "AES256-SHA": "TLS_RSA_WITH_AES_256_CBC_SHA",
};
const BY_IANA = new Map(Object.entries(TLS12_CIPHERS).map(([name, iana]) => [iana, name]));

/** BoringSSL's names (and their NIST spellings) to OpenSSL's. */
const CURVES: Readonly<Record<string, string>> = {
  X25519: "X25519",
  x25519: "X25519",
  X25519MLKEM768: "X25519MLKEM768",
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
  prime256v1: "prime256v1",
  secp384r1: "secp384r1",
  secp521r1: "secp521r1",
};
const DEFAULT_CURVES = ["X25519MLKEM768", "X25519", "P-256"];

const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
]);
/** BoringSSL also takes OpenSSL's older spelling. */
const OLD_SIGNATURE_ALGORITHM = /^(RSA|RSA-PSS|PSS|ECDSA)\+SHA(256|384|512)$/;

/** A certificate's own `tls_params` on a listener: what it sets stands in place of the context's. */
export function overrideTlsParameters(
  common: TlsParameters | undefined,
  own: TlsParameters | undefined,
): TlsParameters | undefined {
  if (own === undefined || common === undefined) return own ?? common;
  const either = <T>(first: readonly T[], second: readonly T[]): T[] => [
    ...(first.length > 0 ? first : second),
  ];
  return {
    ...common,
    tlsMinimumProtocolVersion: own.tlsMinimumProtocolVersion || common.tlsMinimumProtocolVersion,
    tlsMaximumProtocolVersion: own.tlsMaximumProtocolVersion || common.tlsMaximumProtocolVersion,
    cipherSuites: either(own.cipherSuites, common.cipherSuites),
    ecdhCurves: either(own.ecdhCurves, common.ecdhCurves),
    signatureAlgorithms: either(own.signatureAlgorithms, common.signatureAlgorithms),
    compliancePolicies: either(own.compliancePolicies, common.compliancePolicies),
  };
}

/** Reads `TlsParameters` with Envoy's defaults; `highest` is the version where none is given. */
export function compileTlsParameters(
  params: TlsParameters | undefined,
  highest: SecureVersion,
  sink: ProblemSink,
): TlsParameterOptions {
  const minVersion = VERSIONS[params?.tlsMinimumProtocolVersion ?? 0] ?? "TLSv1.2";
  const maxVersion = VERSIONS[params?.tlsMaximumProtocolVersion ?? 0] ?? highest;
  if (ORDER.indexOf(minVersion) > ORDER.indexOf(maxVersion)) {
    sink.add(`the minimum version ${minVersion} is above the maximum version ${maxVersion}`);
  }
  const policies = params?.compliancePolicies ?? [];
  const [policy] = policies;
  if (policies.length > 1 || (policy !== undefined && policy !== CompliancePolicy.FIPS_202205)) {
    sink.at("compliance_policies").add("only one policy, FIPS_202205, is implemented");
  }
  if (policy === CompliancePolicy.FIPS_202205) return FIPS_202205;
  const ciphers = compileCiphers(params?.cipherSuites ?? [], sink);
  const curves = compileCurves(params?.ecdhCurves ?? [], sink);
  const sigalgs = (params?.signatureAlgorithms ?? []).flatMap(partsOf);
  for (const name of sigalgs) {
    if (!SIGNATURE_ALGORITHMS.has(name) && !OLD_SIGNATURE_ALGORITHM.test(name))
      sink.at("signature_algorithms").add(`'${name}' is not a signature algorithm known here`);
  }
  if (new Set(sigalgs).size < sigalgs.length) sink.at("signature_algorithms").add("names one twice");
  // OpenSSL's first security level has neither the versions before 1.2 nor their signatures.
  const level = ORDER.indexOf(minVersion) < 2 ? ":@SECLEVEL=0" : "";
  return {
    minVersion,
    maxVersion,
    ciphers: `${TLS13_CIPHERS}:${ciphers.flat().join(":")}${level}`,
    cipherGroups: ciphers,
    ecdhCurve: curves.join(":"),
    ...(sigalgs.length === 0 ? {} : { sigalgs: sigalgs.join(":") }),
  };
}

/** The policy of BoringSSL's `ssl_compliance_policy_fips_202205`. */
const FIPS_202205: TlsParameterOptions = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: [
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
  ].join(":"),
  cipherGroups: [],
  ecdhCurve: "prime256v1:secp384r1",
  sigalgs: [...SIGNATURE_ALGORITHMS].filter((name) => name !== "ed25519").join(":"),
};

/** As in Envoy, which joins all entries of a list, each may hold several; empty ones are none. */
function partsOf(entry: string): readonly string[] {
  return entry.split(":").filter((part) => part !== "");
}

/** Entries are names, equal-preference groups `[A|B]`, or exclusions `-NAME`/`!NAME`, which take away what stands before. */
function compileCiphers(entries: readonly string[], sink: ProblemSink): readonly (readonly string[])[] {
  if (entries.flatMap(partsOf).length === 0) return DEFAULT_CIPHERS;
  const chosen: string[][] = [];
  entries.forEach((entry, index) => {
    for (const part of partsOf(entry)) {
      const removes = /^[-!]/.test(part);
      const names = (removes ? part.slice(1) : part).replace(/^\[|\]$/g, "").split("|");
      const group: string[] = [];
      for (const given of names) {
        if (removes && given === "ALL") {
          chosen.length = 0;
          continue;
        }
        const name = given in TLS12_CIPHERS ? given : BY_IANA.get(given);
        if (name === undefined) {
          sink.at(`cipher_suites[${index}]`).add(`'${given}' is not a cipher suite known here`);
          continue;
        }
        const held = chosen.find((each) => each.includes(name));
        if (removes) held?.splice(held.indexOf(name), 1);
        else if (held === undefined && !group.includes(name)) group.push(name);
      }
      if (group.length > 0) chosen.push(group);
    }
  });
  return chosen;
}

/** OpenSSL's list of all suites, those that are liked equally in the client's order. */
export function ciphersFor(
  { ciphers, cipherGroups }: Pick<TlsParameterOptions, "ciphers" | "cipherGroups">,
  suites: readonly number[],
): string {
  const rank = (name: string): number => {
    const at = suites.indexOf(SUITE_NUMBERS[name] ?? 0);
    return at < 0 ? suites.length : at;
  };
  const usual = cipherGroups.flat().join(":");
  const ordered = cipherGroups.flatMap((group) => [...group].sort((a, b) => rank(a) - rank(b))).join(":");
  return usual === ordered ? ciphers : ciphers.replace(usual, ordered);
}

function compileCurves(entries: readonly string[], sink: ProblemSink): readonly string[] {
  const names = entries.flatMap(partsOf);
  const curves = (names.length === 0 ? DEFAULT_CURVES : names).flatMap((name) => {
    const known = CURVES[name];
    if (known === undefined) sink.at("ecdh_curves").add(`'${name}' is not a curve known here`);
    return known ?? [];
  });
  if (new Set(curves).size < curves.length) sink.at("ecdh_curves").add("names one twice");
  return curves;
}
