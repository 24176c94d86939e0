import { constants, createHash } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { DownstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { durationMs } from "../../cluster/duration-ms.ts";
import type { SecretLookup } from "../../secret/secret-lookup.ts";
import { type ClientCertificateMode, PeerValidation } from "./peer-validation.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { ServerCertificates } from "./server-certificates.ts";
import { compileTlsCertificate } from "./tls-certificate.ts";
import { collectTlsMaterial } from "./tls-material.ts";
import { compileTlsParameters } from "./tls-parameters.ts";

/** What new handshakes of a filter chain use. Replaced as a whole when a secret changes. */
export interface ServerTlsState {
  readonly certificates: ServerCertificates;
  /** One for each of `certificates.all`. */
  readonly contexts: readonly SecureContext[];
  readonly validation: PeerValidation;
  readonly clientCertificate: ClientCertificateMode;
}

/** `DownstreamTlsContext` with its certificates; undefined while a secret is missing and when there are problems. */
export function compileServerTlsState(
  config: DownstreamTlsContext,
  secrets: SecretLookup,
  sink: ProblemSink,
): ServerTlsState | undefined {
  const common = config.commonTlsContext;
  const at = sink.at("common_tls_context");
  const parameters = compileTlsParameters(common?.tlsParams, "TLSv1.3", at.at("tls_params"));
  const material = collectTlsMaterial(common, secrets, at);
  const validation = new PeerValidation(material.validation, at.at(material.validationPath));
  const all = material.certificates.flatMap(({ config: each, path }) => {
    const compiled = compileTlsCertificate(each, at.at(path));
    return compiled ?? [];
  });
  if (material.certificates.length === 0 && !material.incomplete)
    at.add("No TLS certificates found for server context");
  if (sink.problems.length > 0 || material.incomplete) return undefined;
  const options = {
    ...parameters,
    honorCipherOrder: !config.preferClientCiphers,
    ...(validation.trustedCa === undefined ? {} : { ca: validation.trustedCa, allowPartialTrustChain: true }),
    ...(validation.crl === undefined ? {} : { crl: validation.crl }),
    ...resumption(config, secrets.ticketSeed, [
      ...all.map(({ chain }) => chain),
      validation.trustedCa ?? "",
      validation.crl ?? "",
    ]),
  };
  const contexts = all.map((each, index) =>
    createContext(
      { ...options, cert: each.chain, key: each.key },
      at.at(material.certificates[index]?.path ?? ""),
    ),
  );
  if (sink.problems.length > 0) return undefined;
  return {
    certificates: new ServerCertificates(all, config.fullScanCertsOnSniMismatch ?? false),
    contexts: contexts.filter((each) => each !== undefined),
    validation,
    clientCertificate: validation.clientCertificateMode(config.requireClientCertificate ?? false),
  };
}

/**
 * Session tickets that every worker can open, and nobody who asks for other certificates or trusts others: the keys come from
 * the process's seed and from what they stand for.
 */
function resumption(
  config: DownstreamTlsContext,
  ticketSeed: Uint8Array,
  identity: readonly string[],
): SecureContextOptions {
  const hash = createHash("sha512").update(ticketSeed);
  for (const part of identity) hash.update(String(part.length)).update(part);
  const derived = hash.digest();
  const type = config.sessionTicketKeysType;
  const stateless = !(type.case === "disableStatelessSessionResumption" && type.value);
  const timeoutMs = durationMs(config.sessionTimeout, 0);
  return {
    ticketKeys: derived.subarray(0, 48),
    sessionIdContext: derived.subarray(48, 64).toString("hex"),
    ...(timeoutMs > 0 ? { sessionTimeout: Math.ceil(timeoutMs / 1000) } : {}),
    ...(stateless ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

function createContext(options: SecureContextOptions, sink: ProblemSink): SecureContext | undefined {
  try {
    return createSecureContext(options);
  } catch (error) {
    sink.add(`cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
