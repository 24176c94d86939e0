import { createHash } from "node:crypto";
import { clone } from "@bufbuild/protobuf";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type CertificateValidationContext,
  CertificateValidationContextSchema,
  type TlsCertificate,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { SdsSecretConfig } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { CommonTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { type SecretLookup, secretKey } from "../../secret/secret-lookup.ts";
import { mergeMessages } from "./merge-messages.ts";
import type { ProblemSink } from "./problem-sink.ts";

export interface NamedCertificate {
  readonly config: TlsCertificate;
  /** Below `common_tls_context`. */
  readonly path: string;
  /** What stats call it: the secret's name, or Envoy's for one without. */
  readonly name: string;
}

/** Certificates and validation context of a `CommonTlsContext`, be they in it or secrets. */
export interface TlsMaterial {
  readonly certificates: readonly NamedCertificate[];
  readonly validation: CertificateValidationContext | undefined;
  readonly validationPath: string;
  readonly validationName: string;
  /** Whether the secret that completes the validation context has not arrived yet. */
  readonly validationPartial?: boolean;
  /** A secret has not arrived yet. */
  readonly incomplete: boolean;
}

export function collectTlsMaterial(
  common: CommonTlsContext | undefined,
  secrets: SecretLookup,
  sink: ProblemSink,
): TlsMaterial {
  let incomplete = false;
  const certificates: NamedCertificate[] = (common?.tlsCertificates ?? []).map((config, index) => ({
    config,
    path: `tls_certificates[${index}]`,
    name: `unnamed_cert_${inlineHash(config.certificateChain)}`,
  }));
  // As Envoy: secrets are looked at where there is no certificate in place.
  const wanted = certificates.length > 0 ? [] : (common?.tlsCertificateSdsSecretConfigs ?? []);
  wanted.forEach((config, index) => {
    const path = `tls_certificate_sds_secret_configs[${index}]`;
    const type = secrets.get(secretKey(config))?.type;
    if (type === undefined) incomplete = true;
    else if (type.case === "tlsCertificate")
      certificates.push({ config: type.value, path, name: config.name });
    else sink.at(path).add(`secret '${config.name}' is not a TLS certificate`);
  });
  const type = common?.validationContextType;
  const validationOf = (config: SdsSecretConfig, at: string): CertificateValidationContext | undefined => {
    const secret = secrets.get(secretKey(config))?.type;
    if (secret === undefined) incomplete = true;
    else if (secret.case === "validationContext") return secret.value;
    else sink.at(at).add(`secret '${config.name}' is not a validation context`);
    return undefined;
  };
  switch (type?.case) {
    case "validationContext":
      return {
        certificates,
        validation: type.value,
        validationPath: "validation_context",
        validationName: `unnamed_ca_cert_${inlineHash(type.value.trustedCa)}`,
        incomplete,
      };
    case "validationContextSdsSecretConfig": {
      const validationPath = "validation_context_sds_secret_config";
      const validation = validationOf(type.value, validationPath);
      return { certificates, validation, validationPath, validationName: type.value.name, incomplete };
    }
    case "combinedValidationContext": {
      const validationPath = "combined_validation_context";
      const { defaultValidationContext, validationContextSdsSecretConfig } = type.value;
      const fixed = defaultValidationContext;
      if (validationContextSdsSecretConfig === undefined) {
        return { certificates, validation: fixed, validationPath, validationName: "", incomplete };
      }
      const dynamic = validationOf(
        validationContextSdsSecretConfig,
        `${validationPath}.validation_context_sds_secret_config`,
      );
      let validation = dynamic ?? fixed;
      if (dynamic !== undefined && fixed !== undefined) {
        validation = clone(CertificateValidationContextSchema, fixed);
        mergeMessages(CertificateValidationContextSchema, validation, dynamic);
      }
      const validationName = validationContextSdsSecretConfig.name;
      const validationPartial = dynamic === undefined;
      return { certificates, validation, validationPath, validationName, validationPartial, incomplete };
    }
    default:
      return {
        certificates,
        validation: undefined,
        validationPath: "validation_context",
        validationName: "",
        incomplete,
      };
  }
}

/** Envoy takes the hash of inline bytes only, and so that of nothing for everything else. */
function inlineHash(source: DataSource | undefined): string {
  const bytes = source?.specifier.case === "inlineBytes" ? source.specifier.value : new Uint8Array(0);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}

/** The secrets that a context refers to. */
export function tlsSecretConfigs(common: CommonTlsContext | undefined): readonly SdsSecretConfig[] {
  const type = common?.validationContextType;
  const combined =
    type?.case === "combinedValidationContext" ? type.value.validationContextSdsSecretConfig : undefined;
  return [
    ...(common?.tlsCertificates.length === 0 ? common.tlsCertificateSdsSecretConfigs : []),
    ...(type?.case === "validationContextSdsSecretConfig" ? [type.value] : []),
    ...(combined === undefined ? [] : [combined]),
  ];
}
