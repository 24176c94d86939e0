import { constants, createHash, type X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions, type Server } from "node:tls";
import type { StatsScope } from "@sluice/extension-api";
import type { DownstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { durationMs } from "../../config-message/duration-ms.ts";
import { type SecretLookup, secretKey } from "../../secret/secret-lookup.ts";
import type { ClientHello } from "./client-hello.ts";
import { createHandshakeServer, SessionStore } from "./handshake-server.ts";
import { chooseGroup, groupName } from "./key-exchange-group.ts";
import { checkStaple, type StapleAction, stapleAction } from "./ocsp-stapling.ts";
import { type ClientCertificateMode, PeerValidation } from "./peer-validation.ts";
import { ProblemSink } from "./problem-sink.ts";
import { ServerCertificates } from "./server-certificates.ts";
import { ticketKeyOf } from "./ticket-keys.ts";
import { type CertificateAndKey, compileTlsCertificate } from "./tls-certificate.ts";
import { collectTlsMaterial } from "./tls-material.ts";
import { ciphersFor, compileTlsParameters, overrideTlsParameters } from "./tls-parameters.ts";

/** What Envoy's library gives sessions of TLS 1.3, whatever `session_timeout` says. */
const TLS13_SESSION_SECONDS = 172_800;
/** Contexts that a certificate has for clients which order equal cipher suites differently. */
const CIPHER_ORDERS_MAX = 16;
/** As node:tls takes it. */
const SESSION_TIMEOUT_SECONDS_MAX = 2 ** 31 - 1;

/** What new handshakes of a filter chain use. Replaced as a whole when a secret changes. */
export interface ServerTlsState {
  readonly certificates: ServerCertificates;
  /** For one of `certificates.all` by its index; undefined past them. */
  contextFor(index: number, hello: ClientHello | undefined): ServerContext | undefined;
  /** What is answered to the client's question for an OCSP response with that certificate. */
  stapleFor(index: number, hello: ClientHello | undefined): StapleAction;
  /** Asked during a handshake that staples, or that may resume a session of the server's. */
  serverFor(index: number, hello: ClientHello | undefined, staples: boolean): Server | undefined;
  readonly validation: PeerValidation;
  /** Sets `ssl.certificate.<name>.expiration_unix_time_seconds` below `listener.<address>.`. */
  showExpiry(stats: StatsScope): void;
  readonly clientCertificate: ClientCertificateMode;
}

export interface ServerContext {
  readonly context: SecureContext;
  /** That keys are exchanged in, if they are exchanged anew, under BoringSSL's name; undefined: the two share none, or it is not known. */
  readonly group: string | undefined;
}

/** `DownstreamTlsContext` with its certificates; undefined while a secret is missing and when there are problems. */
export function compileServerTlsState(
  config: DownstreamTlsContext,
  secrets: SecretLookup,
  sink: ProblemSink,
): ServerTlsState | undefined {
  const common = config.commonTlsContext;
  const at = sink.at("common_tls_context");
  compileTlsParameters(common?.tlsParams, "TLSv1.3", at.at("tls_params"));
  const material = collectTlsMaterial(common, secrets, at);
  const validation = new PeerValidation(
    material.validation,
    at.at(material.validationPath),
    material.validationPartial === true ? "partial" : "whole",
  );
  const all = material.certificates.flatMap(({ config: each, path }) => {
    const compiled = compileTlsCertificate(each, at.at(path));
    const params = overrideTlsParameters(common?.tlsParams, each.tlsParams);
    // What is wrong with the common ones has been told.
    const ownSink = each.tlsParams === undefined ? new ProblemSink("") : at.at(`${path}.tls_params`);
    const parameters = compileTlsParameters(params, "TLSv1.3", ownSink);
    return compiled === undefined ? [] : { ...compiled, parameters };
  });
  if (material.certificates.length === 0 && !material.incomplete)
    at.add("No TLS certificates found for server context");
  all.forEach((each, index) => {
    checkStaple(each, config.ocspStaplePolicy, at.at(material.certificates[index]?.path ?? ""));
  });
  const tickets = sessionTicketKeys(config, secrets, sink);
  if (sink.problems.length > 0 || material.incomplete || tickets === "missing") return undefined;
  const options = {
    honorCipherOrder: !config.preferClientCiphers,
    ...(validation.trustedCa === undefined ? {} : { ca: validation.trustedCa, allowPartialTrustChain: true }),
    ...validation.revocation,
    ...resumption(config, secrets.ticketSeed, tickets, [
      ...all.map(({ leaf }) => leaf.fingerprint256),
      validation.trustedCa ?? "",
      ...validation.revocationLists,
    ]),
  };
  const usual = all.map((each, index) =>
    createContext(
      { ...options, ...each.parameters, ...each.options },
      at.at(material.certificates[index]?.path ?? ""),
    ),
  );
  if (sink.problems.length > 0) return undefined;
  const tls13 = all.map(() => new Map<string, ServerContext>());
  const tls12 = all.map(() => new Map<string, SecureContext>());
  const stateless = usesTickets(config);
  const sessions = config.disableStatefulSessionResumption ? undefined : new SessionStore();
  const servers = new Map<number, Server>();
  const stapleOf = (one: CertificateAndKey, hello: ClientHello | undefined): StapleAction =>
    stapleAction(one, config.ocspStaplePolicy, hello?.wantsOcsp ?? false, Date.now());
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
    certificates: new ServerCertificates(
      all,
      config.fullScanCertsOnSniMismatch ?? false,
      (each, hello) => stapleOf(each, hello) !== "fail",
    ),
    stapleFor: (index, hello) => {
      const one = all[index];
      return one === undefined ? "none" : stapleOf(one, hello);
    },
    serverFor: (index, hello, staples) => {
      const kept = hello?.tls13 === false && !(hello.tickets && stateless) ? sessions : undefined;
      const ocsp = staples ? all[index]?.ocsp?.bytes : undefined;
      if (kept === undefined && ocsp === undefined) return undefined;
      const key = index * 4 + (kept === undefined ? 0 : 2) + (ocsp === undefined ? 0 : 1);
      let server = servers.get(key);
      if (server === undefined) {
        server = createHandshakeServer(ocsp, kept);
        if (server !== undefined) servers.set(key, server);
      }
      return server;
    },
    contextFor: (index, hello) => {
      const one = all[index];
      const context = usual[index];
      if (one === undefined || context === undefined) return undefined;
      if (hello === undefined) return { context, group: undefined };
      const own = one.parameters.ecdhCurve.split(":");
      const version = hello.tls13 && one.parameters.maxVersion === "TLSv1.3" ? "1.3" : "1.2";
      const group = chooseGroup(own, hello, version, config.preferClientCiphers);
      const name = group === undefined ? undefined : groupName(group);
      if (version === "1.2") {
        const ciphers = config.preferClientCiphers
          ? one.parameters.ciphers
          : ciphersFor(one.parameters, hello.suites);
        if (ciphers === one.parameters.ciphers) return { context, group: name };
        let ordered = tls12[index]?.get(ciphers);
        if (ordered === undefined) {
          if ((tls12[index]?.size ?? 0) >= CIPHER_ORDERS_MAX) return { context, group: name };
          ordered = createSecureContext({ ...options, ...one.parameters, ...one.options, ciphers });
          tls12[index]?.set(ciphers, ordered);
        }
        return { context: ordered, group: name };
      }
      // In TLS 1.3 Envoy's library goes by the client's order of ciphers and by the server's of groups; OpenSSL has one switch for both.
      const key = group ?? "";
      let chosen = tls13[index]?.get(key);
      if (chosen === undefined) {
        const narrowed = group === undefined ? {} : { ecdhCurve: group };
        const order = {
          honorCipherOrder: false,
          sessionTimeout: TLS13_SESSION_SECONDS,
          ...one.options,
          ...narrowed,
        };
        chosen = { context: createSecureContext({ ...options, ...one.parameters, ...order }), group: name };
        tls13[index]?.set(key, chosen);
      }
      return chosen;
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
  const timeoutMs = durationMs(config.sessionTimeout, 0);
  return {
    ticketKeys: tickets ?? derived.subarray(0, 48),
    sessionIdContext: derived.subarray(48, 64).toString("hex"),
    ...(timeoutMs > 0
      ? { sessionTimeout: Math.min(Math.ceil(timeoutMs / 1000), SESSION_TIMEOUT_SECONDS_MAX) }
      : {}),
    ...(usesTickets(config) ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

function usesTickets({ sessionTicketKeysType: type }: DownstreamTlsContext): boolean {
  return !(type.case === "disableStatelessSessionResumption" && type.value);
}

function createContext(options: SecureContextOptions, sink: ProblemSink): SecureContext | undefined {
  try {
    return createSecureContext(options);
  } catch (error) {
    sink.add(`cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
