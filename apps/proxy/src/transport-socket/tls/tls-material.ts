import { clone } from "@bufbuild/protobuf";
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
}

/** Certificates and validation context of a `CommonTlsContext`, be they in it or secrets. */
export interface TlsMaterial {
  readonly certificates: readonly NamedCertificate[];
  readonly validation: CertificateValidationContext | undefined;
  readonly validationPath: string;
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
  }));
  // As Envoy: secrets are looked at where there is no certificate in place.
  const wanted = certificates.length > 0 ? [] : (common?.tlsCertificateSdsSecretConfigs ?? []);
  wanted.forEach((config, index) => {
    const path = `tls_certificate_sds_secret_configs[${index}]`;
    const type = secrets.get(secretKey(config))?.type;
    if (type === undefined) incomplete = true;
    else if (type.case === "tlsCertificate") certificates.push({ config: type.value, path });
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
      return { certificates, validation: type.value, validationPath: "validation_context", incomplete };
    case "validationContextSdsSecretConfig": {
      const validationPath = "validation_context_sds_secret_config";
      const validation = validationOf(type.value, validationPath);
      return { certificates, validation, validationPath, incomplete };
    }
    case "combinedValidationContext": {
      const validationPath = "combined_validation_context";
      const { defaultValidationContext, validationContextSdsSecretConfig } = type.value;
      const fixed = defaultValidationContext;
      if (validationContextSdsSecretConfig === undefined) {
        return { certificates, validation: fixed, validationPath, incomplete };
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
      return { certificates, validation, validationPath, incomplete };
    }
    default:
      return { certificates, validation: undefined, validationPath: "validation_context", incomplete };
  }
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
