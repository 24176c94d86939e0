import { createSecureContext, type SecureContext } from "node:tls";
import type { UpstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { SecretLookup } from "../../secret/secret-lookup.ts";
import { PeerValidation } from "./peer-validation.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { type CertificateAndKey, compileTlsCertificate } from "./tls-certificate.ts";
import { collectTlsMaterial } from "./tls-material.ts";
import { compileTlsParameters } from "./tls-parameters.ts";

/** OpenSSL's SSL_OP_NO_RENEGOTIATION, which node:crypto does not name: a server that asks is told no. */
const NO_RENEGOTIATION = 2 ** 30;

/** What new connections of a cluster use. Replaced as a whole when a secret changes. */
export interface ClientTlsState {
  readonly context: SecureContext;
  readonly validation: PeerValidation;
  readonly certificate: CertificateAndKey | undefined;
}

/** `UpstreamTlsContext` with its certificates; undefined while a secret is missing and when there are problems. */
export function compileClientTlsState(
  config: UpstreamTlsContext,
  secrets: SecretLookup,
  sink: ProblemSink,
): ClientTlsState | undefined {
  const common = config.commonTlsContext;
  const at = sink.at("common_tls_context");
  const parameters = compileTlsParameters(common?.tlsParams, "TLSv1.2", at.at("tls_params"));
  const material = collectTlsMaterial(common, secrets, at);
  const validation = new PeerValidation(
    material.validation,
    at.at(material.validationPath),
    material.validationPartial === true ? "partial" : "whole",
  );
  if ((common?.tlsCertificates.length ?? 0) + (common?.tlsCertificateSdsSecretConfigs.length ?? 0) > 1)
    at.add("Multiple TLS certificates are not supported for client contexts");
  if (config.sni.includes("\0")) sink.at("sni").add("SNI names containing NULL-byte are not allowed");
  const trusts = validation.trustedCa !== undefined || material.incomplete;
  if (config.autoSniSanValidation && !trusts)
    sink.at("auto_sni_san_validation").add("needs a trusted CA in the validation context");
  const [named] = material.certificates;
  const certificate =
    named === undefined ? undefined : compileTlsCertificate(named.config, at.at(named.path));
  if (sink.problems.length > 0 || material.incomplete) return undefined;
  try {
    const context = createSecureContext({
      ...(config.allowRenegotiation ? {} : { secureOptions: NO_RENEGOTIATION }),
      ...parameters,
      ...(validation.trustedCa === undefined
        ? {}
        : { ca: validation.trustedCa, allowPartialTrustChain: true }),
      ...validation.revocation,
      ...certificate?.options,
    });
    return { context, validation, certificate };
  } catch (error) {
    at.add(`cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
