import { constants, createHash, type X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { StatsScope } from "@sluice/extension-api";
import type { DownstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { durationMs } from "../../cluster/duration-ms.ts";
import { type SecretLookup, secretKey } from "../../secret/secret-lookup.ts";
import type { ClientHello } from "./client-hello.ts";
import { type ClientCertificateMode, PeerValidation } from "./peer-validation.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { ServerCertificates } from "./server-certificates.ts";
import { ticketKeyOf } from "./ticket-keys.ts";
import { compileTlsCertificate } from "./tls-certificate.ts";
import { collectTlsMaterial } from "./tls-material.ts";
import { compileTlsParameters } from "./tls-parameters.ts";

/** What new handshakes of a filter chain use. Replaced as a whole when a secret changes. */
export interface ServerTlsState {
  readonly certificates: ServerCertificates;
  /** For one of `certificates.all` by its index; undefined past them. */
  contextFor(index: number, hello: ClientHello | undefined): SecureContext | undefined;
  readonly validation: PeerValidation;
  /** Sets `ssl.certificate.<name>.expiration_unix_time_seconds` below `listener.<address>.`. */
  showExpiry(stats: StatsScope): void;
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
  const tickets = sessionTicketKeys(config, secrets, sink);
  if (sink.problems.length > 0 || material.incomplete || tickets === "missing") return undefined;
  const options = {
    ...parameters,
    honorCipherOrder: !config.preferClientCiphers,
    ...(validation.trustedCa === undefined ? {} : { ca: validation.trustedCa, allowPartialTrustChain: true }),
    ...(validation.crl === undefined ? {} : { crl: validation.crl }),
    ...resumption(config, secrets.ticketSeed, tickets, [
      ...all.map(({ leaf }) => leaf.fingerprint256),
      validation.trustedCa ?? "",
      validation.crl ?? "",
    ]),
  };
  const usual = all.map((each, index) =>
    createContext({ ...options, ...each.options }, at.at(material.certificates[index]?.path ?? "")),
  );
  if (sink.problems.length > 0) return undefined;
  const versatile = parameters.maxVersion === "TLSv1.3" && !config.preferClientCiphers;
  const tls13: (SecureContext | undefined)[] = [];
  return {
    showExpiry: (stats) => {
      const scope = stats.scope("ssl").scope("certificate");
      const show = (name: string, certificate: X509Certificate | undefined): void => {
        if (certificate === undefined) return;
        const expiry = Math.floor(certificate.validToDate.getTime() / 1000);
        scope.scope(name).gauge("expiration_unix_time_seconds").set(expiry);
      };
      for (const [index, { leaf }] of all.entries()) show(material.certificates[index]?.name ?? "", leaf);
      show(material.validationName, validation.certificates[0]);
    },
    certificates: new ServerCertificates(all, config.fullScanCertsOnSniMismatch ?? false),
    contextFor: (index, hello) => {
      const one = all[index];
      if (!versatile || hello?.tls13 !== true || one === undefined) return usual[index];
      // Envoy's library goes by the client's order in TLS 1.3 and by the server's before; OpenSSL has one switch for both.
      tls13[index] ??= createSecureContext({
        ...options,
        honorCipherOrder: false,
        ...one.options,
      });
      return tls13[index];
    },
    validation,
    clientCertificate: validation.clientCertificateMode(config.requireClientCertificate ?? false),
  };
}

/** Configured ones; "missing": a secret that has not arrived. */
function sessionTicketKeys(
  config: DownstreamTlsContext,
  secrets: SecretLookup,
  sink: ProblemSink,
): Buffer | undefined | "missing" {
  const type = config.sessionTicketKeysType;
  if (type.case === "sessionTicketKeys") return ticketKeyOf(type.value, sink.at("session_ticket_keys"));
  if (type.case !== "sessionTicketKeysSdsSecretConfig") return undefined;
  const secret = secrets.get(secretKey(type.value))?.type;
  if (secret === undefined) return "missing";
  const at = sink.at("session_ticket_keys_sds_secret_config");
  if (secret.case === "sessionTicketKeys") return ticketKeyOf(secret.value, at);
  at.add(`secret '${type.value.name}' holds no session ticket keys`);
  return undefined;
}

/**
 * Session tickets that every worker can open, and nobody who asks for other certificates or trusts others: the keys come from
 * the process's seed and from what they stand for.
 */
function resumption(
  config: DownstreamTlsContext,
  ticketSeed: Uint8Array,
  tickets: Buffer | undefined,
  identity: readonly string[],
): SecureContextOptions {
  const hash = createHash("sha512").update(ticketSeed);
  for (const part of identity) hash.update(String(part.length)).update(part);
  const derived = hash.digest();
  const type = config.sessionTicketKeysType;
  const stateless = !(type.case === "disableStatelessSessionResumption" && type.value);
  const timeoutMs = durationMs(config.sessionTimeout, 0);
  return {
    ticketKeys: tickets ?? derived.subarray(0, 48),
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
